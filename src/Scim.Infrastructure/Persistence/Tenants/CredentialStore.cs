using System.Buffers.Binary;
using Dapper;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

/// <summary>A token's row with what it gives access to.</summary>
internal sealed record StoredToken(
    Caller Caller,
    byte[] Hash,
    string HashParameters,
    ulong PreCheck,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? LastUsedAt,
    bool IsActive
);

/// <summary>What authentication asks of the database. Cross-tenant by nature: the token says which tenant it is.</summary>
internal sealed class CredentialStore(IDatabase database)
{
    private const string SelectEpoch = "select value from configuration_epoch where id = 1";

    private const string SelectToken = """
        select t.tenant_id as TenantId, t.client_id as ClientId, t.hash as Hash, t.hash_parameters as HashParameters,
               t.pre_check as PreCheck, t.expires_at as ExpiresAt, t.revoked_at as RevokedAt,
               t.last_used_at as LastUsedAt, c.scopes as Scopes, c.profile as Profile, c.state as ClientState,
               n.slug as TenantSlug, n.state as TenantState, n.trial_ends_at as TrialEndsAt
          from tokens t
          join scim_clients c on c.tenant_id = t.tenant_id and c.id = t.client_id
          join tenants n on n.id = t.tenant_id
         where t.id = @tokenId
        """;

    private const string SelectPreChecks = "select pre_check from tokens where revoked_at is null";

    private const string UpdateLastUsed = """
        update tokens set last_used_at = @at
         where tenant_id = @tenantId and id = @tokenId and (last_used_at is null or last_used_at < @at)
        """;

    static CredentialStore() => DapperTypes.Register();

    public Task<long> ReadEpochAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                connection.QuerySingleAsync<long>(
                    new CommandDefinition(SelectEpoch, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );

    public async Task<StoredToken?> FindAsync(string tokenId, CancellationToken cancellationToken)
    {
        var row = await database.ReadAsync(
            connection =>
                connection.QuerySingleOrDefaultAsync<Row>(
                    new CommandDefinition(SelectToken, new { tokenId }, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return row?.ToToken(tokenId);
    }

    public async Task<HashSet<ulong>> ReadPreChecksAsync(CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            connection =>
                connection.QueryAsync<byte[]>(
                    new CommandDefinition(SelectPreChecks, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return [.. rows.Select(bytes => BinaryPrimitives.ReadUInt64BigEndian(bytes))];
    }

    /// <summary>Observation, not configuration: it neither moves the epoch nor is it journalled.</summary>
    public Task SaveLastUsedAsync(
        IEnumerable<(TenantId Tenant, string TokenId, DateTimeOffset At)> uses,
        CancellationToken cancellationToken
    )
    {
        // In the order of ids, so that replicas do not lock each other's rows crosswise.
        var rows = uses.OrderBy(use => use.TokenId, StringComparer.Ordinal)
            .Select(use => new
            {
                tenantId = use.Tenant.Value,
                tokenId = use.TokenId,
                at = use.At,
            })
            .ToList();
        return database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(UpdateLastUsed, rows, transaction),
            cancellationToken
        );
    }

    private sealed class Row
    {
        public Guid TenantId { get; init; }

        public Guid ClientId { get; init; }

        public byte[] Hash { get; init; } = [];

        public string HashParameters { get; init; } = "";

        public byte[] PreCheck { get; init; } = [];

        public DateTimeOffset? ExpiresAt { get; init; }

        public DateTimeOffset? RevokedAt { get; init; }

        public DateTimeOffset? LastUsedAt { get; init; }

        public string Scopes { get; init; } = "";

        public string Profile { get; init; } = "";

        public string ClientState { get; init; } = "";

        public string TenantSlug { get; init; } = "";

        public string TenantState { get; init; } = "";

        public DateTimeOffset? TrialEndsAt { get; init; }

        public StoredToken ToToken(string tokenId) =>
            new(
                new Caller(
                    new TenantId(TenantId),
                    TenantSlug,
                    ClientId,
                    tokenId,
                    ScopeNames.Parse(Scopes),
                    // A profile that a newer version knew: the strict reading is the safe one.
                    ClientProfile.Find(Profile) ?? ClientProfile.Strict
                )
                {
                    IsTenantSuspended = TenantState == "suspended",
                    TrialEndsAt = TrialEndsAt,
                },
                Hash,
                HashParameters,
                BinaryPrimitives.ReadUInt64BigEndian(PreCheck),
                ExpiresAt,
                RevokedAt,
                LastUsedAt,
                ClientState == "active" && TenantState is "active" or "suspended"
            );
    }
}
