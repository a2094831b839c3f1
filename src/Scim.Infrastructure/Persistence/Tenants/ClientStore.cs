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
        insert into scim_clients (tenant_id, id, name, scopes, profile, state, requests_per_second, allowed_networks,
                                  jwks, certificates, tls_subject_dn, version, created_at)
        values (@tenantId, @id, @name, @scopes, @profile, @state, @requestsPerSecond, @networks, @jwks, @certificates,
                @subject, @version, @createdAt)
        """;

    private const string SelectLimit = """
        select coalesce(t.max_clients, p.clients) from tenants t join plans p on p.name = t.plan where t.id = @tenantId
        """;

    private const string CountClients = """
        select count(*) from (select 1 from scim_clients where tenant_id = @tenantId limit @most) c
        """;

    private const string UpdateClient = """
        update scim_clients
           set name = @name, scopes = @scopes, profile = @profile, state = @state,
               requests_per_second = @requestsPerSecond, allowed_networks = @networks, jwks = @jwks,
               certificates = @certificates, tls_subject_dn = @subject, version = @version
         where tenant_id = @tenantId and id = @id
        """;

    private const string DeleteTokens = "delete from tokens where tenant_id = @tenantId and client_id = @id";

    private const string DeleteDeviations =
        "delete from client_deviations where tenant_id = @tenantId and client_id = @id";

    private const string DeleteAssertions =
        "delete from client_assertions where tenant_id = @tenantId and client_id = @id";

    private const string DeleteClient = "delete from scim_clients where tenant_id = @tenantId and id = @id";

    private const string InsertToken = """
        insert into tokens (tenant_id, id, client_id, hash, hash_parameters, pre_check, created_at, expires_at)
        values (@tenantId, @id, @clientId, @hash, @hashParameters, @preCheck, @createdAt, @expiresAt)
        """;

    private const string SelectClient = $"""
        select {ClientRow.Columns} from scim_clients c join tenants n on n.id = c.tenant_id where c.id = @clientId
        """;

    private const string SelectTokenOwner = "select tenant_id, client_id from tokens where id = @tokenId";

    private const string Revoke = """
        update tokens set revoked_at = @now where tenant_id = @tenantId and id = @tokenId and revoked_at is null
        """;

    private const string Replace = """
        update tokens set expires_at = @endsAt, replaced_at = @now where tenant_id = @tenantId and id = @tokenId
        """;

    static ClientStore() => DapperTypes.Register();

    public Task AddAsync(ScimClient client, NewToken token, DateTimeOffset now, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                await RequireRoomAsync(connection, transaction, client.TenantId);
                await connection.ExecuteAsync(InsertClient, Row(client), transaction);
                await AppendAsync(transaction, client, now, "client.create", Facts(client));
                await AddTokenAsync(connection, transaction, client, token);
                await AppendIssueAsync(transaction, client, new TokenIssue(token, "token.issue", []), now);
                return true;
            },
            cancellationToken
        );

    public Task<ScimClient?> FindAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken) =>
        journal.ReadAsync((connection, transaction) => FindAsync(connection, transaction, id, now), cancellationToken);

    public Task<ScimClient> UpdateAsync(
        Guid id,
        DateTimeOffset now,
        Func<ScimClient, ScimClient> change,
        CancellationToken cancellationToken
    ) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var before = await GetAsync(connection, transaction, id, now);
                var after = change(before) with { Version = before.Version + 1 };
                await connection.ExecuteAsync(UpdateClient, Row(after), transaction);
                var detail = new { before = Facts(before), after = Facts(after) };
                await AppendAsync(transaction, after, now, "client.update", detail);
                return after;
            },
            cancellationToken
        );

    public Task DeleteAsync(
        Guid id,
        DateTimeOffset now,
        Action<ScimClient> check,
        CancellationToken cancellationToken
    ) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var client = await GetAsync(connection, transaction, id, now);
                check(client);
                var row = new { tenantId = client.TenantId, id };
                await connection.ExecuteAsync(DeleteTokens, row, transaction);
                await connection.ExecuteAsync(DeleteDeviations, row, transaction);
                await connection.ExecuteAsync(DeleteAssertions, row, transaction);
                await connection.ExecuteAsync(DeleteClient, row, transaction);
                await AppendAsync(transaction, client, now, "client.delete", Facts(client));
                return true;
            },
            cancellationToken
        );

    public Task<ScimClient> IssueTokenAsync(
        Guid clientId,
        DateTimeOffset now,
        Func<ScimClient, TokenIssue> issue,
        CancellationToken cancellationToken
    ) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var client = await GetAsync(connection, transaction, clientId, now);
                var decided = issue(client);
                await AddTokenAsync(connection, transaction, client, decided.Token);
                foreach (var replaced in decided.Replaced)
                {
                    var row = new
                    {
                        tenantId = client.TenantId,
                        tokenId = replaced.Id,
                        endsAt = replaced.EndsAt,
                        now,
                    };
                    // What ends now is as good as revoked, also by a clock that is a little behind.
                    await connection.ExecuteAsync(replaced.EndsAt > now ? Replace : Revoke, row, transaction);
                }

                await AppendIssueAsync(transaction, client, decided, now);
                return client;
            },
            cancellationToken
        );

    public Task RevokeTokenAsync(
        string tokenId,
        DateTimeOffset now,
        Action<ScimClient> check,
        CancellationToken cancellationToken
    ) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var (_, clientId) = await connection.QuerySingleOrDefaultAsync<(Guid, Guid)>(
                    SelectTokenOwner,
                    new { tokenId },
                    transaction
                );
                var client =
                    await FindAsync(connection, transaction, clientId, now)
                    ?? throw ScimError.NotFound("Live token", tokenId);
                check(client);
                var row = new
                {
                    tenantId = client.TenantId,
                    tokenId,
                    now,
                };
                if (await connection.ExecuteAsync(Revoke, row, transaction) == 0)
                {
                    throw ScimError.NotFound("Live token", tokenId);
                }

                await journal.AppendAsync(
                    transaction,
                    client.TenantId,
                    now,
                    "token.revoke",
                    "Token",
                    tokenId,
                    JsonSerializer.Serialize(new { clientId })
                );
                return true;
            },
            cancellationToken
        );

    // Acts on the configuration take turns, so what is counted here stays true until the client is in.
    private static async Task RequireRoomAsync(DbConnection connection, DbTransaction transaction, TenantId tenant)
    {
        var limit = await connection.QuerySingleOrDefaultAsync<long?>(
            SelectLimit,
            new { tenantId = tenant },
            transaction
        );
        if (
            limit is { } most
            && await connection.ExecuteScalarAsync<long>(CountClients, new { tenantId = tenant, most }, transaction)
                >= most
        )
        {
            throw ScimError.LimitReached("SCIM clients", most);
        }
    }

    private static async Task<ScimClient> GetAsync(
        DbConnection connection,
        DbTransaction transaction,
        Guid id,
        DateTimeOffset now
    ) => await FindAsync(connection, transaction, id, now) ?? throw ScimError.NotFound("SCIM client", id.ToString("D"));

    private static async Task<ScimClient?> FindAsync(
        DbConnection connection,
        DbTransaction? transaction,
        Guid clientId,
        DateTimeOffset now
    )
    {
        var row = await connection.QuerySingleOrDefaultAsync<ClientRow>(SelectClient, new { clientId }, transaction);
        return row is null ? null : await row.ToClientAsync(connection, transaction, now);
    }

    private static Task<int> AddTokenAsync(
        DbConnection connection,
        DbTransaction transaction,
        ScimClient client,
        NewToken token
    ) =>
        connection.ExecuteAsync(
            InsertToken,
            new
            {
                tenantId = client.TenantId,
                id = token.Id,
                clientId = client.Id,
                hash = token.Seal.Hash,
                hashParameters = token.Seal.HashParameters,
                preCheck = token.Seal.PreCheck,
                createdAt = token.CreatedAt,
                expiresAt = token.ExpiresAt,
            },
            transaction
        );

    private Task AppendIssueAsync(DbTransaction transaction, ScimClient client, TokenIssue issue, DateTimeOffset now) =>
        journal.AppendAsync(
            transaction,
            client.TenantId,
            now,
            issue.Operation,
            "Token",
            issue.Token.Id,
            JsonSerializer.Serialize(
                new
                {
                    clientId = client.Id,
                    expiresAt = issue.Token.ExpiresAt,
                    replaced = issue.Replaced,
                },
                JsonSerializerOptions.Web
            )
        );

    private Task AppendAsync(
        DbTransaction transaction,
        ScimClient client,
        DateTimeOffset now,
        string operation,
        object detail
    ) =>
        journal.AppendAsync(
            transaction,
            client.TenantId,
            now,
            operation,
            "Client",
            client.Id.ToString("D"),
            JsonSerializer.Serialize(detail, JsonSerializerOptions.Web)
        );

    private static object Facts(ScimClient client) =>
        new
        {
            client.Name,
            Scopes = ScopeNames.Format(client.Scopes),
            Profile = client.Profile.Name,
            State = ClientRow.StateOf(client),
            client.RequestsPerSecond,
            AllowedNetworks = client.Networks.Texts,
            KeyIds = client.Keys?.Ids ?? [],
            client.Certificates,
            TlsClientAuthSubjectDn = client.Subject?.Text,
        };

    private static object Row(ScimClient client) =>
        new
        {
            tenantId = client.TenantId,
            id = client.Id,
            name = client.Name,
            scopes = ScopeNames.Format(client.Scopes),
            profile = client.Profile.Name,
            state = ClientRow.StateOf(client),
            requestsPerSecond = client.RequestsPerSecond,
            networks = string.Join(',', client.Networks.Texts),
            jwks = client.Keys?.Json,
            certificates = string.Join(',', client.Certificates),
            subject = client.Subject?.Text,
            version = client.Version,
            createdAt = client.CreatedAt,
        };
}
