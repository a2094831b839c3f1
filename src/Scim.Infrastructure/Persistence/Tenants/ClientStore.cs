using System.Data.Common;
using System.Text.Json;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class ClientStore(ControlJournal journal) : IClientStore
{
    private const string InsertClient = """
        insert into scim_clients (tenant_id, id, name, scopes, profile, state, created_at)
        values (@tenantId, @id, @name, @scopes, @profile, 'active', @now)
        """;

    private const string SelectRoom = """
        select coalesce(t.max_clients, p.clients) as MostClients,
               (select count(*) from scim_clients c where c.tenant_id = t.id) as Clients
          from tenants t join plans p on p.name = t.plan
         where t.id = @tenantId
        """;

    private const string InsertToken = """
        insert into tokens (tenant_id, id, client_id, hash, hash_parameters, pre_check, created_at, expires_at)
        values (@tenantId, @id, @clientId, @hash, @hashParameters, @preCheck, @createdAt, @expiresAt)
        """;

    private const string SelectClient = """
        select c.tenant_id as TenantId, n.slug as TenantSlug, c.id as Id, c.name as Name, c.scopes as Scopes,
               c.profile as Profile
          from scim_clients c join tenants n on n.id = c.tenant_id
         where c.id = @clientId
        """;

    private const string SelectLiveTokens = """
        select id as Id, created_at as CreatedAt, last_used_at as LastUsedAt
          from tokens
         where tenant_id = @tenantId and client_id = @clientId and revoked_at is null
           and (expires_at is null or expires_at > @now)
         order by created_at, id
        """;

    private const string SelectToken = """
        select tenant_id as TenantId, client_id as ClientId from tokens where id = @tokenId
        """;

    private const string Revoke = """
        update tokens set revoked_at = @now where tenant_id = @tenantId and id = @tokenId and revoked_at is null
        """;

    static ClientStore() => DapperTypes.Register();

    public Task AddAsync(ScimClient client, NewToken token, DateTimeOffset now, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                await RequireRoomAsync(connection, transaction, client.TenantId);
                var row = new
                {
                    tenantId = client.TenantId.Value,
                    id = client.Id,
                    name = client.Name,
                    scopes = ScopeNames.Format(client.Scopes),
                    profile = client.Profile.Name,
                    now,
                };
                await connection.ExecuteAsync(InsertClient, row, transaction);
                await journal.AppendAsync(
                    transaction,
                    client.TenantId,
                    now,
                    "client.create",
                    "Client",
                    client.Id.ToString("D"),
                    JsonSerializer.Serialize(
                        new
                        {
                            row.name,
                            row.scopes,
                            row.profile,
                        }
                    )
                );
                await AddTokenAsync(connection, transaction, client, token, now);
                return true;
            },
            cancellationToken
        );

    public Task<ScimClient> IssueTokenAsync(
        Guid clientId,
        DateTimeOffset now,
        Func<ScimClient, NewToken> issue,
        CancellationToken cancellationToken
    ) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var row =
                    await connection.QuerySingleOrDefaultAsync<ClientRow>(SelectClient, new { clientId }, transaction)
                    ?? throw ScimError.NotFound("Client", clientId.ToString("D"));

                var live = await connection.QueryAsync<LiveTokenRow>(
                    SelectLiveTokens,
                    new
                    {
                        tenantId = row.TenantId,
                        clientId,
                        now,
                    },
                    transaction
                );
                var client = row.ToClient(live);
                await AddTokenAsync(connection, transaction, client, issue(client), now);
                return client;
            },
            cancellationToken
        );

    public Task RevokeTokenAsync(string tokenId, DateTimeOffset now, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var owner = await connection.QuerySingleOrDefaultAsync<OwnerRow>(
                    SelectToken,
                    new { tokenId },
                    transaction
                );
                if (
                    owner is null
                    || await connection.ExecuteAsync(
                        Revoke,
                        new
                        {
                            tenantId = owner.TenantId,
                            tokenId,
                            now,
                        },
                        transaction
                    ) == 0
                )
                {
                    throw ScimError.NotFound("Live token", tokenId);
                }

                await journal.AppendAsync(
                    transaction,
                    new TenantId(owner.TenantId),
                    now,
                    "token.revoke",
                    "Token",
                    tokenId,
                    JsonSerializer.Serialize(new { clientId = owner.ClientId })
                );
                return true;
            },
            cancellationToken
        );

    // Acts on the configuration take turns, so what is counted here stays true until the client is in.
    private static async Task RequireRoomAsync(DbConnection connection, DbTransaction transaction, TenantId tenant)
    {
        var (most, clients) = await connection.QuerySingleOrDefaultAsync<(long?, long)>(
            SelectRoom,
            new { tenantId = tenant },
            transaction
        );
        if (clients >= most)
        {
            throw ScimError.LimitReached("SCIM clients", most.Value);
        }
    }

    private async Task AddTokenAsync(
        DbConnection connection,
        DbTransaction transaction,
        ScimClient client,
        NewToken token,
        DateTimeOffset now
    )
    {
        var row = new
        {
            tenantId = client.TenantId.Value,
            id = token.Id,
            clientId = client.Id,
            hash = token.Seal.Hash,
            hashParameters = token.Seal.HashParameters,
            preCheck = token.Seal.PreCheck,
            createdAt = token.CreatedAt,
            expiresAt = token.ExpiresAt,
        };
        await connection.ExecuteAsync(InsertToken, row, transaction);
        await journal.AppendAsync(
            transaction,
            client.TenantId,
            now,
            "token.issue",
            "Token",
            token.Id,
            JsonSerializer.Serialize(new { row.clientId, row.expiresAt })
        );
    }

    private sealed class OwnerRow
    {
        public Guid TenantId { get; init; }

        public Guid ClientId { get; init; }
    }

    private sealed class LiveTokenRow
    {
        public string Id { get; init; } = "";

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset? LastUsedAt { get; init; }
    }

    private sealed class ClientRow
    {
        public Guid TenantId { get; init; }

        public string TenantSlug { get; init; } = "";

        public Guid Id { get; init; }

        public string Name { get; init; } = "";

        public string Scopes { get; init; } = "";

        public string Profile { get; init; } = "";

        public ScimClient ToClient(IEnumerable<LiveTokenRow> live) =>
            new(
                new TenantId(TenantId),
                TenantSlug,
                Id,
                Name,
                ScopeNames.Parse(Scopes),
                ClientProfile.Find(Profile) ?? ClientProfile.Strict,
                [.. live.Select(row => new LiveToken(row.Id, row.CreatedAt, row.LastUsedAt))]
            );
    }
}
