using Dapper;
using Scim.Application.Common;
using Scim.Domain.Operators;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Persistence;

namespace Scim.Infrastructure.Security;

/// <summary>
/// Sessions and API keys, by the digest of what is presented. Nothing is cached: the control plane is asked seldom, and
/// whatever ends a credential is to end it at once everywhere.
/// </summary>
internal sealed class AdminCredentials(IDatabase database, RuntimeSettings settings, TimeProvider clock)
    : IAdminCredentials
{
    private const string Scheme = "Bearer ";

    private const string SelectSession = """
        select s.id as SessionId, s.expires_at as ExpiresAt, s.lease_expires_at as LeaseExpiresAt,
               s.stepped_up_until as SteppedUpUntil, o.id as Id, o.user_name as Name, o.roles as Roles, o.reach as Reach
          from operator_sessions s join operators o on o.id = s.operator_id
         where s.token_hash = @hash and o.state = 'active'
        """;

    private const string SelectTenants =
        "select tenant_id from operator_tenants where operator_id = @id order by tenant_id";

    // Only a lease that still runs is extended: a late heartbeat revives nothing.
    private const string Extend = """
        update operator_sessions set lease_expires_at = @until
         where id = @id and lease_expires_at > @now and expires_at > @now
        """;

    private const string SelectKey = """
        select id as Id, name as Name, scopes as Scopes, expires_at as ExpiresAt, last_used_at as LastUsedAt
          from api_keys where hash = @hash and revoked_at is null
        """;

    private const string NoteUse = "update api_keys set last_used_at = @now where id = @id";

    private static readonly TimeSpan UseResolution = TimeSpan.FromMinutes(1);

    static AdminCredentials() => DapperTypes.Register();

    public async ValueTask<AdminCredentialResult> VerifyAsync(
        string? authorizationHeader,
        bool extends,
        CancellationToken cancellationToken
    )
    {
        if (string.IsNullOrWhiteSpace(authorizationHeader))
        {
            return Refused(AdminCredentialFailure.Missing);
        }

        var token = authorizationHeader.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? authorizationHeader[Scheme.Length..].Trim(' ')
            : "";
        return OpaqueToken.Is(OpaqueToken.Session, token) ? await SessionAsync(token, extends, cancellationToken)
            : OpaqueToken.Is(OpaqueToken.ApiKey, token) ? await KeyAsync(token, cancellationToken)
            : Refused(AdminCredentialFailure.Malformed);
    }

    private async Task<AdminCredentialResult> SessionAsync(
        string token,
        bool extends,
        CancellationToken cancellationToken
    )
    {
        var (row, tenants) = await database.ReadAsync(
            async connection =>
            {
                var found = await connection.QuerySingleOrDefaultAsync<SessionRow>(
                    SelectSession,
                    new { hash = OpaqueToken.Hash(token) }
                );
                IReadOnlyList<Guid>? reach =
                    found?.Reach == "tenants"
                        ? (await connection.QueryAsync<Guid>(SelectTenants, new { id = found.Id })).AsList()
                        : null;
                return (found, reach);
            },
            cancellationToken
        );
        var now = clock.Now();
        if (row is null || row.ExpiresAt <= now || row.LeaseExpiresAt <= now)
        {
            return Refused(
                row is null ? AdminCredentialFailure.Unknown
                : row.ExpiresAt <= now ? AdminCredentialFailure.Expired
                : AdminCredentialFailure.LeaseExpired
            );
        }

        var lease = row.LeaseExpiresAt;
        if (extends)
        {
            var extended = now + settings.Installation.Session.Lease;
            lease = extended < row.ExpiresAt ? extended : row.ExpiresAt;
            if (!await ExtendAsync(row.SessionId, lease, now, cancellationToken))
            {
                return Refused(AdminCredentialFailure.Unknown);
            }
        }

        var roles = row.Roles.Split(',');
        return new(
            new AdminCaller(
                row.Id,
                row.Name,
                roles,
                OperatorRole.PermissionsOf(roles, tenants is not null),
                tenants,
                new OperatorSession(row.SessionId, row.ExpiresAt, lease, row.SteppedUpUntil)
            ),
            default
        );
    }

    private async Task<bool> ExtendAsync(
        Guid id,
        DateTimeOffset until,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        await database.WriteAsync(
            (connection, transaction) =>
                connection.ExecuteAsync(
                    Extend,
                    new
                    {
                        id,
                        until,
                        now,
                    },
                    transaction
                ),
            cancellationToken
        ) == 1;

    private async Task<AdminCredentialResult> KeyAsync(string token, CancellationToken cancellationToken)
    {
        var row = await database.ReadAsync(
            connection =>
                connection.QuerySingleOrDefaultAsync<KeyRow>(SelectKey, new { hash = OpaqueToken.Hash(token) }),
            cancellationToken
        );
        var now = clock.Now();
        if (row is null || row.ExpiresAt <= now)
        {
            return Refused(row is null ? AdminCredentialFailure.Unknown : AdminCredentialFailure.Expired);
        }

        if (row.LastUsedAt is null || row.LastUsedAt < now - UseResolution)
        {
            await database.WriteAsync(
                (connection, transaction) => connection.ExecuteAsync(NoteUse, new { id = row.Id, now }, transaction),
                cancellationToken
            );
        }

        return new(
            new AdminCaller(row.Id, row.Name, [], PermissionNames.Parse(row.Scopes.Split(',')), null, null),
            default
        );
    }

    private static AdminCredentialResult Refused(AdminCredentialFailure failure) => new(null, failure);

    private sealed class SessionRow
    {
        public Guid SessionId { get; init; }

        public DateTimeOffset ExpiresAt { get; init; }

        public DateTimeOffset LeaseExpiresAt { get; init; }

        public DateTimeOffset? SteppedUpUntil { get; init; }

        public Guid Id { get; init; }

        public string Name { get; init; } = "";

        public string Roles { get; init; } = "";

        public string Reach { get; init; } = "";
    }

    private sealed class KeyRow
    {
        public Guid Id { get; init; }

        public string Name { get; init; } = "";

        public string Scopes { get; init; } = "";

        public DateTimeOffset ExpiresAt { get; init; }

        public DateTimeOffset? LastUsedAt { get; init; }
    }
}
