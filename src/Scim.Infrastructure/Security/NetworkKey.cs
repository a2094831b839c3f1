using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Scim.Infrastructure.Security;

/// <summary>The network that an address belongs to, as far as counting goes: IPv4 /24, IPv6 /64.</summary>
internal readonly record struct NetworkKey(ulong Prefix, bool IsV6)
{
    public static NetworkKey Of(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out _))
        {
            return default;
        }

        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return V4(bytes);
        }

        return address.IsIPv4MappedToIPv6
            ? V4(bytes[12..])
            : new NetworkKey(BinaryPrimitives.ReadUInt64BigEndian(bytes), IsV6: true);
    }

    private static NetworkKey V4(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(bytes) & 0xFFFFFF00u, IsV6: false);
}
