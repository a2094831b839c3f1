using System.Net;
using Microsoft.Extensions.Options;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Security;

/// <summary>
/// Requests per SCIM client, in total over the replicas, and per network and replica where no token is needed.
/// </summary>
internal sealed class RateLimiter(IOptions<LimitsOptions> options, LiveReplicas replicas, TimeProvider clock)
{
    // Discovery without a token: a client reads the configuration, the types and a handful of schemas in one go.
    private const int DiscoveryBurstSeconds = 5;

    private readonly TokenBuckets<Guid> _clients = new(
        options.Value.RequestsPerSecond,
        options.Value.Burst,
        clock,
        sharers: () => replicas.Count
    );
    private readonly TokenBuckets<NetworkKey> _networks = new(
        options.Value.DiscoveryRequestsPerSecond,
        options.Value.DiscoveryRequestsPerSecond * DiscoveryBurstSeconds,
        clock
    );

    public bool TryTake(Guid clientId, out TimeSpan retryAfter) => _clients.TryTake(clientId, out retryAfter);

    public bool TryTake(IPAddress? network, out TimeSpan retryAfter) =>
        _networks.TryTake(NetworkKey.Of(network), out retryAfter);
}
