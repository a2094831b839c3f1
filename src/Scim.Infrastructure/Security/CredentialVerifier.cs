using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Scim.Application.Common;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Security;

/// <summary>
/// Checksum, cache, throttle, look-up, pre-check, slow hash, in this order: each is cheaper than what follows, and the
/// slow hash is reached by nobody but the holder of a live token. Unknown, wrong, revoked and expired tokens all end
/// after the look-up and the pre-check, so they take the same time.
/// </summary>
internal sealed class CredentialVerifier(
    CredentialCache cache,
    IConfigurationEpoch epoch,
    CredentialStore store,
    TokenSealer sealer,
    AuthenticationThrottle throttle,
    KnownPreChecks known,
    AccessTokens accessTokens,
    LastUsedRecorder uses,
    TimeProvider clock
) : ICredentialVerifier
{
    private const string Scheme = "Bearer ";

    private readonly ConcurrentDictionary<TokenDigest, Lazy<Task<CredentialResult>>> _underway = new();

    public ValueTask<CredentialResult> VerifyAsync(
        string? authorizationHeader,
        IPAddress? network,
        CancellationToken cancellationToken
    )
    {
        if (string.IsNullOrWhiteSpace(authorizationHeader))
        {
            return new(CredentialResult.Refused(CredentialFailure.Missing));
        }

        var token = authorizationHeader.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? authorizationHeader.AsSpan(Scheme.Length).Trim(' ')
            : [];
        var isAccessToken = AccessTokens.HasShape(token);
        if (!isAccessToken && !ScimToken.IsWellFormed(token))
        {
            throttle.Failed(network);
            return new(CredentialResult.Refused(CredentialFailure.Malformed));
        }

        var digest = cache.Digest(token);
        var cached = cache.Find(digest);
        if (cached is not null && epoch.IsFresh && cached.Epoch == epoch.Current && !IsPast(cached.ExpiresAt))
        {
            uses.Used(cached);
            return new(CredentialResult.Accepted(cached.Caller));
        }

        return new(
            isAccessToken
                ? LookUpAccessTokenAsync(token.ToString(), digest, network, cancellationToken)
                : LookUpAsync(token.ToString(), digest, cached, network, cancellationToken)
        );
    }

    // The signature comes first, without the database, so there is nothing that a throttle would have to guard.
    private async Task<CredentialResult> LookUpAccessTokenAsync(
        string token,
        TokenDigest digest,
        IPAddress? network,
        CancellationToken cancellationToken
    )
    {
        // Before the row, as below.
        var asOf = epoch.Current;
        var claims = await accessTokens.ReadAsync(token, cancellationToken);
        var grant = claims is null ? null : await store.FindGrantAsync(claims, clock.GetUtcNow(), cancellationToken);
        if (grant is not { IsLive: true })
        {
            cache.Remove(digest);
            throttle.Failed(network);
            var failure = claims is null ? CredentialFailure.WrongSecret : CredentialFailure.Revoked;
            return CredentialResult.Refused(failure, grant is null ? null : Named(grant.Caller));
        }

        var verified = new VerifiedToken(grant.Caller, [], grant.ExpiresAt, lastUsedAt: null, asOf);
        cache.Add(digest, verified);
        uses.Used(verified);
        return CredentialResult.Accepted(verified.Caller);
    }

    private async Task<CredentialResult> LookUpAsync(
        string token,
        TokenDigest digest,
        VerifiedToken? cached,
        IPAddress? network,
        CancellationToken cancellationToken
    )
    {
        if (cached is null && throttle.IsExceeded(network, ScimToken.IdOf(token)))
        {
            var preCheck = await sealer.PreCheckAsync(token, cancellationToken);
            if (!await known.ContainsAsync(preCheck, cancellationToken))
            {
                return CredentialResult.Refused(CredentialFailure.Throttled);
            }
        }

        // Many first requests of one client come at once; one of them verifies for all. A caller that goes away does
        // not take the work of the others with it.
        var work = _underway.GetOrAdd(
            digest,
            static (key, state) => new(() => state.Self.VerifyOnceAsync(state.Token, key, state.Cached)),
            (Self: this, Token: token, Cached: cached)
        );
        var result = await work.Value.WaitAsync(cancellationToken);
        if (result.Caller is null)
        {
            if (result.Named is { } named)
            {
                throttle.Failed(network, ScimToken.IdOf(token).ToString(), named.ClientId);
            }
            else
            {
                throttle.Failed(network);
            }
        }

        return result;
    }

    private async Task<CredentialResult> VerifyOnceAsync(string token, TokenDigest digest, VerifiedToken? cached)
    {
        try
        {
            // Before the row: an act that commits in between moves the epoch, and this entry is read again.
            var asOf = epoch.Current;
            var preCheck = await sealer.PreCheckAsync(token, CancellationToken.None);
            var row = await store.FindAsync(ScimToken.IdOf(token).ToString(), CancellationToken.None);
            if (FailureOf(row, preCheck, token, cached) is { } failure)
            {
                cache.Remove(digest);
                return CredentialResult.Refused(failure, row is null ? null : Named(row.Caller));
            }

            var verified = new VerifiedToken(row!.Caller, row.Hash, row.ExpiresAt, row.LastUsedAt, asOf);
            cache.Add(digest, verified);
            uses.Used(verified);
            return CredentialResult.Accepted(verified.Caller);
        }
        finally
        {
            _underway.TryRemove(digest, out _);
        }
    }

    private CredentialFailure? FailureOf(StoredToken? row, ulong preCheck, string token, VerifiedToken? cached)
    {
        if (row is null)
        {
            return CredentialFailure.Unknown;
        }

        if (row.PreCheck != preCheck)
        {
            return CredentialFailure.WrongSecret;
        }

        if (row.RevokedAt is not null)
        {
            return CredentialFailure.Revoked;
        }

        if (IsPast(row.ExpiresAt))
        {
            return CredentialFailure.Expired;
        }

        if (!row.IsActive)
        {
            return CredentialFailure.Suspended;
        }

        var same = cached is not null && CryptographicOperations.FixedTimeEquals(cached.Hash, row.Hash);
        return same || TokenSealer.Matches(token, row.Hash, row.HashParameters) ? null : CredentialFailure.WrongSecret;
    }

    private bool IsPast(DateTimeOffset? expiresAt) => expiresAt <= clock.GetUtcNow();

    private static NamedClient Named(Caller caller) => new(caller.TenantId, caller.TenantSlug, caller.ClientId);
}
