using System.Buffers.Binary;
using System.Text.Json;
using Dapper;
using Scim.Application.Common;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Security;

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

/// <summary>What an access token gives access to, until when at most.</summary>
internal sealed record Grant(Caller Caller, bool IsLive, DateTimeOffset ExpiresAt);

internal sealed record TokenUse(TenantId Tenant, Guid ClientId, string TokenId, DateTimeOffset At);

/// <summary>What authentication asks of the database. Cross-tenant by nature: the token says which tenant it is.</summary>
internal sealed class CredentialStore(IDatabase database)
{
    private const string SelectEpoch = "select value from configuration_epoch where id = 1";

    private const string SelectToken = """
        select t.tenant_id as TenantId, t.client_id as ClientId, t.hash as Hash, t.hash_parameters as HashParameters,
               t.pre_check as PreCheck, t.expires_at as ExpiresAt, t.revoked_at as RevokedAt,
               t.last_used_at as LastUsedAt, c.scopes as Scopes, c.profile as Profile, c.state as ClientState,
               c.requests_per_second as RequestsPerSecond, c.allowed_networks as AllowedNetworks, n.slug as TenantSlug,
               n.state as TenantState, n.trial_ends_at as TrialEndsAt
          from tokens t
          join scim_clients c on c.tenant_id = t.tenant_id and c.id = t.client_id
          join tenants n on n.id = t.tenant_id
         where t.id = @tokenId
        """;

    private const string SelectClient = """
        select c.tenant_id as TenantId, c.id as ClientId, c.scopes as Scopes, c.profile as Profile,
               c.state as ClientState, c.requests_per_second as RequestsPerSecond,
               c.allowed_networks as AllowedNetworks, c.jwks as Jwks, c.certificates as Certificates,
               c.tls_subject_dn as Subject,
               n.slug as TenantSlug, n.state as TenantState, n.trial_ends_at as TrialEndsAt
          from scim_clients c join tenants n on n.id = c.tenant_id
         where c.id = @clientId
        """;

    private const string ForgetAssertions = """
        delete from client_assertions where tenant_id = @tenantId and client_id = @clientId and expires_at <= @now
        """;

    private const string SpendAssertion = """
        insert into client_assertions (tenant_id, client_id, jti_hash, expires_at)
        values (@tenantId, @clientId, @jtiHash, @expiresAt)
        on conflict (tenant_id, client_id, jti_hash) do nothing
        """;

    private const string SelectPreChecks = "select pre_check from tokens where revoked_at is null";

    private const string UpdateLastUsed = """
        update tokens set last_used_at = @at
         where tenant_id = @tenantId and id = @tokenId and (last_used_at is null or last_used_at < @at)
        """;

    private const string UpdateClientUse = """
        update scim_clients
           set reached_at = coalesce(reached_at, @at), first_request_at = coalesce(first_request_at, @at),
               last_request_at = @at
         where tenant_id = @tenantId and id = @clientId and (last_request_at is null or last_request_at < @at)
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

    public async Task<StoredClient?> FindClientAsync(Guid clientId, CancellationToken cancellationToken)
    {
        var row = await database.ReadAsync(
            connection =>
                connection.QuerySingleOrDefaultAsync<Row>(
                    new CommandDefinition(SelectClient, new { clientId }, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return row?.ToClient();
    }

    /// <summary>Who an access token stands for as things are now; null when there is no such client or token any more.</summary>
    public async Task<Grant?> FindGrantAsync(
        AccessClaims claims,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        if (claims.Credential.StartsWith(StoredClient.ByToken, StringComparison.Ordinal))
        {
            var token = await FindAsync(claims.Credential[StoredClient.ByToken.Length..], cancellationToken);
            return token is null || token.Caller.ClientId != claims.ClientId
                ? null
                : new Grant(
                    Narrow(token.Caller, claims),
                    token is { IsActive: true, RevokedAt: null } && !(token.ExpiresAt <= now),
                    token.ExpiresAt < claims.ExpiresAt ? token.ExpiresAt.Value : claims.ExpiresAt
                );
        }

        var client = await FindClientAsync(claims.ClientId, cancellationToken);
        return client is null
            ? null
            : new Grant(
                Narrow(client.Caller, claims),
                client.IsActive && client.Has(claims.Credential),
                claims.ExpiresAt
            );
    }

    /// <summary>False when it was spent before.</summary>
    public Task<bool> SpendAssertionAsync(
        Caller client,
        byte[] jtiHash,
        DateTimeOffset expiresAt,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var row = new
        {
            tenantId = client.TenantId,
            clientId = client.ClientId,
            jtiHash,
            expiresAt,
            now,
        };
        return database.WriteAsync(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync(ForgetAssertions, row, transaction);
                return await connection.ExecuteAsync(SpendAssertion, row, transaction) == 1;
            },
            cancellationToken
        );
    }

    // All access tokens of a client are one use of it; none is one of its tokens.
    private static Caller Narrow(Caller caller, AccessClaims claims) =>
        caller with
        {
            TokenId = $"jwt-{caller.ClientId:N}",
            Scopes = caller.Scopes & claims.Scopes,
            CertificateDigest = claims.CertificateDigest,
        };

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
    public Task SaveUsesAsync(IEnumerable<TokenUse> uses, CancellationToken cancellationToken)
    {
        // In the order of ids, so that replicas do not lock each other's rows crosswise.
        var tokens = uses.OrderBy(use => use.TokenId, StringComparer.Ordinal)
            .Select(use => new
            {
                tenantId = use.Tenant.Value,
                tokenId = use.TokenId,
                clientId = use.ClientId,
                at = use.At,
            })
            .ToList();
        var clients = tokens.OrderBy(use => use.clientId).ThenBy(use => use.at);
        return database.WriteAsync(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync(UpdateLastUsed, tokens, transaction);
                return await connection.ExecuteAsync(UpdateClientUse, clients, transaction);
            },
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

        public int? RequestsPerSecond { get; init; }

        public string AllowedNetworks { get; init; } = "";

        public string TenantSlug { get; init; } = "";

        public string TenantState { get; init; } = "";

        public DateTimeOffset? TrialEndsAt { get; init; }

        public string? Jwks { get; init; }

        public string Certificates { get; init; } = "";

        public string? Subject { get; init; }

        private bool IsActive => ClientState == "active" && TenantState is "active" or "suspended";

        public StoredToken ToToken(string tokenId) =>
            new(
                ToCaller(tokenId),
                Hash,
                HashParameters,
                BinaryPrimitives.ReadUInt64BigEndian(PreCheck),
                ExpiresAt,
                RevokedAt,
                LastUsedAt,
                IsActive
            );

        public StoredClient ToClient() =>
            new(
                ToCaller(""),
                IsActive,
                Jwks is null ? null : ClientKeys.Find(JsonElement.Parse(Jwks)),
                Certificates.Split(',', StringSplitOptions.RemoveEmptyEntries),
                Subject is null ? null : SubjectName.Find(Subject)
            );

        private Caller ToCaller(string tokenId) =>
            new(
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
                RequestsPerSecond = RequestsPerSecond,
                Networks = ClientRow.NetworksOf(AllowedNetworks),
            };
    }
}
