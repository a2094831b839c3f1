namespace Scim.Application.ApiKeys;

/// <summary>A key for automation; several keys of one name are one purpose, before and after a rotation.</summary>
public sealed record ApiKey(
    Guid Id,
    string Name,
    IReadOnlyList<string> Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? LastUsedAt
);

/// <summary>API keys. Each method that changes something is one transaction with its row in the installation's journal.</summary>
public interface IApiKeyStore
{
    /// <summary>Refuses with 409 when the name has as many live keys as it may have.</summary>
    Task AddAsync(ApiKey key, byte[] hash, int maxLive, CancellationToken cancellationToken);

    /// <summary>False when there is no such key, or it was revoked before.</summary>
    Task<bool> RevokeAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken);
}
