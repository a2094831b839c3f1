using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>A SCIM client: one identity provider's access to one tenant.</summary>
public sealed record ScimClient(
    TenantId TenantId,
    string TenantSlug,
    Guid Id,
    string Name,
    Scopes Scopes,
    ClientProfile Profile,
    IReadOnlyList<LiveToken> LiveTokens
);

/// <summary>A token that is neither revoked nor expired.</summary>
public sealed record LiveToken(string Id, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);

/// <summary>A token to be stored: its seal, never its text.</summary>
public sealed record NewToken(string Id, TokenSeal Seal, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

/// <summary>
/// SCIM clients and their tokens. Each method that changes something is one transaction that also moves the
/// configuration epoch and appends to the tenant's journal.
/// </summary>
public interface IClientStore
{
    Task AddAsync(ScimClient client, NewToken token, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Hands the client with its live tokens, locked against other issues, to <paramref name="issue"/> and stores the
    /// token it returns. Refuses with 404 when there is no such client.
    /// </summary>
    Task<ScimClient> IssueTokenAsync(
        Guid clientId,
        DateTimeOffset now,
        Func<ScimClient, NewToken> issue,
        CancellationToken cancellationToken
    );

    /// <summary>Refuses with 404 when there is no such token, or it was revoked before.</summary>
    Task RevokeTokenAsync(string tokenId, DateTimeOffset now, CancellationToken cancellationToken);
}
