using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>A SCIM client: one identity provider's access to one tenant.</summary>
/// <param name="LiveTokens">Oldest first.</param>
public sealed record ScimClient(
    TenantId TenantId,
    string TenantSlug,
    Guid Id,
    string Name,
    Scopes Scopes,
    ClientProfile Profile,
    DateTimeOffset CreatedAt,
    IReadOnlyList<LiveToken> LiveTokens
)
{
    public bool IsActive { get; init; } = true;

    /// <summary>Null for the installation's limit.</summary>
    public int? RequestsPerSecond { get; init; }

    public NetworkList Networks { get; init; } = NetworkList.Anywhere;

    /// <summary>Null for a client that signs no assertions.</summary>
    public ClientKeys? Keys { get; init; }

    /// <summary>SHA-256 digests in base64url.</summary>
    public IReadOnlyList<string> Certificates { get; init; } = [];

    /// <summary>Null for a client that no authority vouches for.</summary>
    public SubjectName? Subject { get; init; }

    public long Version { get; init; } = 1;

    public ClientHistory History { get; init; } = new();

    /// <exception cref="ScimException">404 for an operator who does not reach the client's tenant.</exception>
    internal ScimClient VisibleTo(RequestContext request) =>
        request.Reaches(TenantId) ? this : throw ScimError.NotFound("SCIM client", Id.ToString("D"));
}

/// <summary>When something first happened to a client, and when it last called.</summary>
public sealed record ClientHistory(
    DateTimeOffset? ReachedAt = null,
    DateTimeOffset? FirstRequestAt = null,
    DateTimeOffset? LastRequestAt = null,
    DateTimeOffset? FirstLookupAt = null,
    DateTimeOffset? FirstUserAt = null
);

/// <summary>A token that is neither revoked nor expired.</summary>
/// <param name="ReplacedAt">A newer one has taken its place, and it will soon end.</param>
public sealed record LiveToken(
    string Id,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt,
    DateTimeOffset? ReplacedAt
)
{
    /// <summary>How soon it ends, when that is soon and nothing has taken its place: <c>30-days</c>, <c>7-days</c>, <c>1-day</c>.</summary>
    public string? Warning(DateTimeOffset now) => ReplacedAt is null ? TokenExpiry.Find(ExpiresAt, now)?.Name : null;
}

/// <summary>A token to be stored: its seal, never its text.</summary>
public sealed record NewToken(string Id, TokenSeal Seal, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

/// <summary>A live token that a newer one replaces, and until when it goes on.</summary>
public sealed record ReplacedToken(string Id, DateTimeOffset EndsAt);

/// <summary>What is to be written: a token, and those that go for it.</summary>
/// <param name="Operation">The journal's name of the act.</param>
public sealed record TokenIssue(NewToken Token, string Operation, IReadOnlyList<ReplacedToken> Replaced);

/// <summary>
/// SCIM clients and their tokens. Each method that changes something is one transaction that also moves the
/// configuration epoch and appends to the tenant's journal; what it hands to a function is locked against other acts, and
/// it refuses with 404 when there is no such client.
/// </summary>
public interface IClientStore
{
    Task AddAsync(ScimClient client, NewToken token, DateTimeOffset now, CancellationToken cancellationToken);

    Task<ScimClient?> FindAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Stores what <paramref name="change"/> makes of the client, as its next version.</summary>
    Task<ScimClient> UpdateAsync(
        Guid id,
        DateTimeOffset now,
        Func<ScimClient, ScimClient> change,
        CancellationToken cancellationToken
    );

    /// <summary>Removes the client with its tokens, unless <paramref name="check"/> objects.</summary>
    Task DeleteAsync(Guid id, DateTimeOffset now, Action<ScimClient> check, CancellationToken cancellationToken);

    /// <summary>Stores the token that <paramref name="issue"/> decides on, and ends those that it replaces.</summary>
    Task<ScimClient> IssueTokenAsync(
        Guid clientId,
        DateTimeOffset now,
        Func<ScimClient, TokenIssue> issue,
        CancellationToken cancellationToken
    );

    /// <summary>Refuses with 404 when there is no such token, or it was revoked before; <paramref name="check"/> sees whose it is.</summary>
    Task RevokeTokenAsync(
        string tokenId,
        DateTimeOffset now,
        Action<ScimClient> check,
        CancellationToken cancellationToken
    );
}
