using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Security;

/// <summary>
/// Requests to addresses that operators name. The address is checked where the connection is made, after the name was
/// resolved, so that no name, and no change of one meanwhile, leads into our own network. Redirects are not followed and
/// proxies not asked: either would connect elsewhere.
/// </summary>
internal sealed class OutboundHttp : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // RFC 6890 and what came after it: this host, private, shared, link-local, documentation, benchmarks, multicast, reserved.
    private static readonly IPNetwork[] Closed =
    [
        .. new[]
        {
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    // Of IPv6 only what is routed to the world, less what carries an IPv4 address within.
    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] Tunnels =
    [
        .. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(network => IPNetwork.Parse(network)),
    ];

    private readonly IReadOnlyList<IPNetwork> _allowed;

    public OutboundHttp(IOptions<OutboundOptions> options)
    {
        _allowed = NetworksAttribute.Parse(options.Value.AllowedNetworks);
        Client = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                // No spans, and no context for others: a span holds the URL, whose path may be a key.
                ActivityHeadersPropagator = null,
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                ConnectCallback = ConnectAsync,
            }
        )
        {
            Timeout = Patience,
        };
    }

    public HttpClient Client { get; }

    /// <summary>Why it was not taken; null when it was. The words quote nothing of the URL or the answer.</summary>
    public async Task<string?> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await Client.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                cancellationToken
            );
            return response.IsSuccessStatusCode ? null : $"The receiver answered {(int)response.StatusCode}.";
        }
        catch (HttpRequestException exception)
        {
            return exception.InnerException is ClosedAddressException
                ? "The address is not one that may be reached."
                : $"There is no connection: {exception.HttpRequestError}.";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "The receiver did not answer in time.";
        }
    }

    public void Dispose() => Client.Dispose();

    internal bool MayReach(IPAddress address, bool isPlain)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (_allowed.Any(network => network.Contains(plain)))
        {
            return true;
        }

        return !isPlain
            && (
                plain.AddressFamily == AddressFamily.InterNetwork
                    ? !Closed.Any(network => network.Contains(plain))
                    : Global.Contains(plain) && !Tunnels.Any(network => network.Contains(plain))
            );
    }

    private async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context,
        CancellationToken cancellationToken
    )
    {
        var isPlain = context.InitialRequestMessage.RequestUri!.Scheme != Uri.UriSchemeHttps;
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
        var open = addresses.Where(address => MayReach(address, isPlain)).ToArray();
        if (open.Length == 0)
        {
            throw new ClosedAddressException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(open, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class ClosedAddressException() : IOException("The address is not one that may be reached.");
}
