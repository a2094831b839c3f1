using System.Net;
using System.Net.Sockets;

namespace Scim.Domain.Tenants;

/// <summary>The networks from which a SCIM client may call; an empty list means from anywhere.</summary>
public sealed class NetworkList
{
    public const int MaxCount = 100;

    public static readonly NetworkList Anywhere = new([]);

    private readonly IPNetwork[] _networks;

    private NetworkList(IPNetwork[] networks) => _networks = networks;

    /// <summary>In CIDR notation, as they are stored and shown.</summary>
    public IReadOnlyList<string> Texts => [.. _networks.Select(network => network.ToString())];

    /// <summary>Null when one of the texts is neither a network in CIDR notation nor an address.</summary>
    public static NetworkList? Find(IEnumerable<string?> texts)
    {
        var networks = new List<IPNetwork>();
        foreach (var text in texts)
        {
            if (Parse(text) is not { } network)
            {
                return null;
            }

            if (!networks.Contains(network))
            {
                networks.Add(network);
            }
        }

        return networks.Count == 0 ? Anywhere : new NetworkList([.. networks]);
    }

    public bool Allows(IPAddress? address)
    {
        if (_networks.Length == 0)
        {
            return true;
        }

        if (address is null)
        {
            return false;
        }

        // A listener of both families sees IPv4 as ::ffff:a.b.c.d.
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var network in _networks)
        {
            if (network.Contains(plain))
            {
                return true;
            }
        }

        return false;
    }

    // Only the usual spelling: others, such as 10.1 or 0x0a.0.0.1, mean something else than they seem to.
    private static IPNetwork? Parse(string? text)
    {
        var parts = text?.Split('/') ?? [];
        if (
            parts.Length is not (1 or 2)
            || !IPAddress.TryParse(parts[0], out var address)
            || address.IsIPv4MappedToIPv6
            || parts[0].Contains('%', StringComparison.Ordinal)
            || (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != parts[0])
        )
        {
            return null;
        }

        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        return parts.Length == 1 ? new IPNetwork(address, bits)
            : IPNetwork.TryParse($"{address}/{parts[1]}", out var network) ? network
            : null;
    }
}
