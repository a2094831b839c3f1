using Scim.Domain.Operators;

namespace Scim.Application.Common;

/// <summary>Who calls the control plane: an operator in a session, or an API key.</summary>
/// <param name="TenantIds">The tenants that the caller may reach; null for the whole installation.</param>
public sealed record AdminCaller(
    Guid Id,
    string Name,
    IReadOnlyList<string> Roles,
    Permissions Permissions,
    IReadOnlyList<Guid>? TenantIds,
    OperatorSession? Session
)
{
    /// <summary>The workspaces that a caller who is bound to tenants is a member of.</summary>
    public IReadOnlyList<Guid> WorkspaceIds { get; init; } = [];

    public bool IsTenantBound => TenantIds is not null;
}

/// <param name="ExpiresAt">Whatever is done: the session ends then.</param>
/// <param name="LeaseExpiresAt">Unless a heartbeat or a write extends it.</param>
/// <param name="SteppedUpUntil">How long a fresh code allows dangerous acts.</param>
public sealed record OperatorSession(
    Guid Id,
    DateTimeOffset ExpiresAt,
    DateTimeOffset LeaseExpiresAt,
    DateTimeOffset? SteppedUpUntil
);
