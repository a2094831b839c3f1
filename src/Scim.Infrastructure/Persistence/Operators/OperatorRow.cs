using Scim.Application.Operators;

namespace Scim.Infrastructure.Persistence.Operators;

internal sealed class OperatorRow
{
    /// <summary>For statements that call the table <c>o</c>.</summary>
    public const string Columns = """
        o.id as Id, o.user_name as UserName, o.password_hash as PasswordHash, o.roles as Roles, o.reach as Reach,
        o.state as State, o.totp_secret as TotpSecret, o.enrolled_at as EnrolledAt, o.version as Version,
        o.created_at as CreatedAt, o.last_sign_in_at as LastSignInAt
        """;

    public const string Tenants = "tenants";

    public Guid Id { get; init; }

    public string UserName { get; init; } = "";

    public string? PasswordHash { get; init; }

    public string Roles { get; init; } = "";

    public string Reach { get; init; } = "";

    public string State { get; init; } = "";

    public byte[]? TotpSecret { get; init; }

    public DateTimeOffset? EnrolledAt { get; init; }

    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastSignInAt { get; init; }

    public bool IsTenantBound => Reach == Tenants;

    public OperatorAccount ToAccount(IEnumerable<Guid> tenants) =>
        new(
            Id,
            UserName,
            PasswordHash,
            Roles.Split(','),
            IsTenantBound ? [.. tenants.Order()] : null,
            State == OperatorValues.Active,
            TotpSecret,
            EnrolledAt is not null,
            Version,
            CreatedAt,
            LastSignInAt
        );
}
