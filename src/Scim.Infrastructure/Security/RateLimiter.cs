using System.Net;
using Scim.Application.Common;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Security;

/// <summary>
/// Requests per SCIM client, in total over the replicas, and per network and replica where no token is needed.
/// </summary>
internal sealed class RateLimiter(RuntimeSettings settings, LiveReplicas replicas, TimeProvider clock)
{
    // Discovery without a token: a client reads the configuration, the types and a handful of schemas in one go.
    private const int DiscoveryBurstSeconds = 5;

    // A client with a rate of its own may catch up as one with the installation's may by default.
    private const int BurstSeconds = 5;

    private readonly TokenBuckets<Guid> _clients = new(clock, sharers: () => replicas.Count);
    private readonly TokenBuckets<NetworkKey> _networks = new(clock);

    public bool TryTake(Caller caller, out TimeSpan retryAfter)
    {
        if (caller.RequestsPerSecond is { } rate)
        {
            return _clients.TryTake(caller.ClientId, rate, rate * BurstSeconds, out retryAfter);
        }

        var own = settings.Of(caller.TenantId);
        return _clients.TryTake(caller.ClientId, own.RequestsPerSecond, own.Burst, out retryAfter);
    }

    public bool TryTake(IPAddress? network, out TimeSpan retryAfter)
    {
        var perSecond = settings.Installation.DiscoveryRequestsPerSecond;
        return _networks.TryTake(NetworkKey.Of(network), perSecond, perSecond * DiscoveryBurstSeconds, out retryAfter);
    }
}
