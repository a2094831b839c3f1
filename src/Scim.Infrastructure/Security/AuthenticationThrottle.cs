using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Security;

/// <summary>
/// Counts failed authentications per network and per client. Beyond the limit nothing is looked up for that network or
/// client any more, except for tokens whose pre-check is known to be right.
/// </summary>
internal sealed class AuthenticationThrottle(IOptions<LimitsOptions> options, TimeProvider clock)
{
    private const int MaxNamedTokens = 10_000;

    private readonly TokenBuckets<NetworkKey> _networks = Buckets<NetworkKey>(options.Value, clock);
    private readonly TokenBuckets<Guid> _clients = Buckets<Guid>(options.Value, clock);

    // Which client a token belongs to is known after the first look-up; ids of tokens that do not exist never get here.
    private readonly ConcurrentDictionary<string, Guid> _clientOfToken = new(StringComparer.Ordinal);

    public bool IsExceeded(IPAddress? network) => _networks.IsEmpty(NetworkKey.Of(network));

    public bool IsExceeded(IPAddress? network, ReadOnlySpan<char> tokenId) =>
        IsExceeded(network)
        || (
            _clientOfToken.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(tokenId, out var client)
            && _clients.IsEmpty(client)
        );

    public void Failed(IPAddress? network) => _networks.TryTake(NetworkKey.Of(network), out _);

    public void Failed(IPAddress? network, string tokenId, Guid clientId)
    {
        Failed(network);
        _clients.TryTake(clientId, out _);
        if (_clientOfToken.Count >= MaxNamedTokens)
        {
            _clientOfToken.Clear();
        }

        _clientOfToken[tokenId] = clientId;
    }

    private static TokenBuckets<TKey> Buckets<TKey>(LimitsOptions limits, TimeProvider clock)
        where TKey : notnull =>
        new(limits.FailedAuthenticationsPerMinute / 60.0, limits.FailedAuthenticationsPerMinute, clock);
}
