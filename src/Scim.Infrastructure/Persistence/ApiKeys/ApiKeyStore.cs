using System.Text.Json;
using Dapper;
using MediatR;
using Scim.Application.ApiKeys;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Persistence.ApiKeys;

internal sealed class ApiKeyStore(ControlJournal journal) : IApiKeyStore
{
    private const string CountLive = """
        select count(*) from api_keys where name = @Name and revoked_at is null and expires_at > @CreatedAt
        """;

    private const string Insert = """
        insert into api_keys (id, name, hash, scopes, created_at, expires_at)
        values (@Id, @Name, @hash, @scopes, @CreatedAt, @ExpiresAt)
        """;

    private const string Revoke = "update api_keys set revoked_at = @now where id = @id and revoked_at is null";

    static ApiKeyStore() => DapperTypes.Register();

    public Task AddAsync(ApiKey key, byte[] hash, int maxLive, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var row = new
                {
                    key.Id,
                    key.Name,
                    hash,
                    scopes = string.Join(',', key.Scopes),
                    key.CreatedAt,
                    key.ExpiresAt,
                };
                if (await connection.ExecuteScalarAsync<long>(CountLive, row, transaction) >= maxLive)
                {
                    throw ScimError.Conflict($"There are already {maxLive} live keys of this name; revoke one first.");
                }

                await connection.ExecuteAsync(Insert, row, transaction);
                await journal.AppendAsync(
                    transaction,
                    key.CreatedAt,
                    new JournalEntry(
                        "api_key.create",
                        "ApiKey",
                        key.Id.ToString("D"),
                        Detail: JsonSerializer.Serialize(
                            new
                            {
                                key.Name,
                                key.Scopes,
                                key.ExpiresAt,
                            },
                            JsonSerializerOptions.Web
                        )
                    )
                );
                return true;
            },
            cancellationToken
        );

    public Task<bool> RevokeAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteAsync(Revoke, new { id, now }, transaction) == 0)
                {
                    return false;
                }

                await journal.AppendAsync(
                    transaction,
                    now,
                    new JournalEntry("api_key.revoke", "ApiKey", id.ToString("D"))
                );
                return true;
            },
            cancellationToken
        );
}

internal sealed class ListApiKeysHandler(IDatabase database) : IRequestHandler<ListApiKeys, IReadOnlyList<ApiKey>>
{
    private const string Select = """
        select id as Id, name as Name, scopes as Scopes, created_at as CreatedAt, expires_at as ExpiresAt,
               last_used_at as LastUsedAt
          from api_keys where id > @After and revoked_at is null order by id limit @Limit
        """;

    static ListApiKeysHandler() => DapperTypes.Register();

    public async Task<IReadOnlyList<ApiKey>> Handle(ListApiKeys query, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            connection =>
                connection.QueryAsync<Row>(
                    new CommandDefinition(
                        Select,
                        new { query.After, query.Limit },
                        cancellationToken: cancellationToken
                    )
                ),
            cancellationToken
        );
        return [.. rows.Select(row => row.ToKey())];
    }

    private sealed class Row
    {
        public Guid Id { get; init; }

        public string Name { get; init; } = "";

        public string Scopes { get; init; } = "";

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset ExpiresAt { get; init; }

        public DateTimeOffset? LastUsedAt { get; init; }

        public ApiKey ToKey() => new(Id, Name, Scopes.Split(','), CreatedAt, ExpiresAt, LastUsedAt);
    }
}
