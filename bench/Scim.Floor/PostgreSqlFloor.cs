using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace Scim.Floor;

internal sealed class PostgreSqlFloor(string connectionString) : IFloorStore
{
    private const int Tenant = 1;

    private const string Schema = """
        create table if not exists users (
            tenant_id int not null,
            id uuid not null,
            seq bigint generated always as identity,
            user_name text collate "C" not null,
            external_id text collate "C",
            family_name text collate "C",
            display_name text collate "C",
            email text collate "C",
            document json not null,
            primary key (tenant_id, id)
        );
        create unique index if not exists users_user_name on users (tenant_id, user_name);
        create index if not exists users_external_id on users (tenant_id, external_id);
        create unique index if not exists users_seq on users (tenant_id, seq);
        create table if not exists groups (
            tenant_id int not null,
            id uuid not null,
            display_name text collate "C" not null,
            external_id text collate "C",
            document json not null,
            primary key (tenant_id, id)
        );
        create index if not exists groups_display_name on groups (tenant_id, display_name);
        create table if not exists members (
            tenant_id int not null,
            group_id uuid not null,
            user_id uuid not null,
            primary key (tenant_id, group_id, user_id)
        );
        create index if not exists members_user_id on members (tenant_id, user_id);
        """;

    private const string CreateSearchIndexes = """
        create extension if not exists pg_trgm;
        create index if not exists users_trigrams on users using gin (user_name gin_trgm_ops);
        create index if not exists users_family_name on users (tenant_id, family_name, display_name);
        create index if not exists users_email on users (tenant_id, email);
        analyze users;
        """;

    private const string DropSearchIndexes = "drop index if exists users_trigrams, users_family_name, users_email";

    private const string Insert = """
        insert into users (tenant_id, id, user_name, external_id, family_name, display_name, email, document)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict do nothing
        """;

    private const string InsertMany = """
        insert into users (tenant_id, id, user_name, external_id, family_name, display_name, email, document)
        select 1, * from unnest($1, $2, $3, $4, $5, $6, $7::json[])
        """;

    private const string Replace = """
        update users
           set user_name = $3, external_id = $4, family_name = $5, display_name = $6, email = $7, document = $8
         where tenant_id = $1 and id = $2
        """;

    private const string FirstPage = "select document from users where tenant_id = $1 order by seq limit $2";

    private const string LaterPage = """
        select document
          from users
         where tenant_id = $1
           and seq >= (select seq from users where tenant_id = $1 order by seq offset $3 limit 1)
         order by seq
         limit $2
        """;

    private readonly NpgsqlDataSource _source = new NpgsqlDataSourceBuilder(
        new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            MaxPoolSize = 16,
        }.ConnectionString
    ).Build();

    public Task CreateSchemaAsync() => ExecuteAsync(Schema);

    public async Task<long> CountAsync()
    {
        await using var command = Command("select count(*) from users where tenant_id = $1", Of(Tenant));
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public Task SetSearchIndexesAsync(bool present) => ExecuteAsync(present ? CreateSearchIndexes : DropSearchIndexes);

    public async Task<bool> InsertAsync(NewUser user) =>
        await ExecuteAsync(Insert, [Of(Tenant), Of(user.Id), .. Of(user.Keys), OfJson(user.Document)]) == 1;

    public Task InsertAllAsync(IReadOnlyList<NewUser> users)
    {
        NpgsqlParameter Texts(Func<Keys, string?> pick) =>
            new()
            {
                Value = users.Select(user => pick(user.Keys)).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
            };

        return ExecuteAsync(
            InsertMany,
            Of(users.Select(user => user.Id).ToArray()),
            Texts(keys => keys.Name),
            Texts(keys => keys.ExternalId),
            Texts(keys => keys.FamilyName),
            Texts(keys => keys.DisplayName),
            Texts(keys => keys.Email),
            new NpgsqlParameter
            {
                Value = users.Select(user => user.Document).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Json,
            }
        );
    }

    public Task<byte[]?> FindAsync(Guid id) =>
        FirstAsync("select document from users where tenant_id = $1 and id = $2", Of(Tenant), Of(id));

    public Task<byte[]?> FindByUserNameAsync(string key) =>
        FirstAsync("select document from users where tenant_id = $1 and user_name = $2", Of(Tenant), OfText(key));

    public Task<byte[]?> FindByExternalIdAsync(string externalId) =>
        FirstAsync(
            "select document from users where tenant_id = $1 and external_id = $2 limit 1",
            Of(Tenant),
            OfText(externalId)
        );

    public async Task<(List<byte[]> Page, int Total)> SearchAsync(
        SearchKind kind,
        string first,
        string second,
        int count
    )
    {
        // Patterns as literals: a prepared LIKE $1 gets a plan that cannot use the pattern for an index.
        var condition = kind switch
        {
            SearchKind.UserNameStarts => $"user_name like {Pattern(first, "", "%")}",
            SearchKind.UserNameContains => $"user_name like {Pattern(first, "%", "%")}",
            SearchKind.EmailStarts => $"email like {Pattern(first, "", "%")}",
            _ => $"family_name = {Literal(first)} and display_name like {Pattern(second, "", "%")}",
        };
        await using var connection = await _source.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand($"select count(*) from users where tenant_id = 1 and {condition}"),
                new NpgsqlBatchCommand(
                    $"select document from users where tenant_id = 1 and {condition} order by seq limit {count}"
                ),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.ReadAsync();
        var total = (int)reader.GetInt64(0);
        await reader.NextResultAsync();
        return (await ReadDocumentsAsync(reader, count), total);
    }

    public async Task<List<byte[]>> PageAsync(int offset, int count)
    {
        await using var command =
            offset == 0
                ? Command(FirstPage, Of(Tenant), Of(count))
                : Command(LaterPage, Of(Tenant), Of(count), Of(offset));
        await using var reader = await command.ExecuteReaderAsync();
        return await ReadDocumentsAsync(reader, count);
    }

    public async Task<(List<byte[]> Page, long Last)> PageAfterAsync(long sequence, int count)
    {
        await using var command = Command(
            "select document, seq from users where tenant_id = $1 and seq > $2 order by seq limit $3",
            Of(Tenant),
            Of(sequence),
            Of(count)
        );
        await using var reader = await command.ExecuteReaderAsync();
        var page = new List<byte[]>(count);
        while (await reader.ReadAsync())
        {
            page.Add(reader.GetFieldValue<byte[]>(0));
            sequence = reader.GetInt64(1);
        }

        return (page, sequence);
    }

    public async Task<bool> ReplaceAsync(Guid id, Keys keys, byte[] document) =>
        await ExecuteAsync(Replace, [Of(Tenant), Of(id), .. Of(keys), OfJson(document)]) == 1;

    // Read under the row's lock, computed, written: two round trips.
    public async Task<byte[]?> EditAsync(Guid id, Func<byte[], byte[]> edit)
    {
        await using var connection = await _source.OpenConnectionAsync();
        byte[]? document = null;
        await using (var read = new NpgsqlBatch(connection))
        {
            read.BatchCommands.Add(new NpgsqlBatchCommand("begin"));
            read.BatchCommands.Add(
                new NpgsqlBatchCommand("select document from users where tenant_id = $1 and id = $2 for no key update")
                {
                    Parameters = { Of(Tenant), Of(id) },
                }
            );
            await using var reader = await read.ExecuteReaderAsync();
            if (await reader.ReadAsync())
            {
                document = edit(reader.GetFieldValue<byte[]>(0));
            }
        }

        await using var write = new NpgsqlBatch(connection);
        if (document is not null)
        {
            write.BatchCommands.Add(
                new NpgsqlBatchCommand("update users set document = $3 where tenant_id = $1 and id = $2")
                {
                    Parameters = { Of(Tenant), Of(id), OfJson(document) },
                }
            );
        }

        write.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        await write.ExecuteNonQueryAsync();
        return document;
    }

    public async Task<bool> DeleteAsync(Guid id) =>
        await ExecuteAsync(
            """
            with memberships as (delete from members where tenant_id = $1 and user_id = $2)
            delete from users where tenant_id = $1 and id = $2
            """,
            Of(Tenant),
            Of(id)
        ) == 1;

    public Task InsertGroupAsync(Guid id, Keys keys, byte[] document) =>
        ExecuteAsync(
            "insert into groups (tenant_id, id, display_name, external_id, document) values ($1, $2, $3, $4, $5)",
            Of(Tenant),
            Of(id),
            OfText(keys.Name),
            OfText(keys.ExternalId),
            OfJson(document)
        );

    public Task<byte[]?> FindGroupAsync(Guid id) =>
        FirstAsync("select document from groups where tenant_id = $1 and id = $2", Of(Tenant), Of(id));

    public Task<byte[]?> FindGroupByNameAsync(string key) =>
        FirstAsync(
            "select document from groups where tenant_id = $1 and display_name = $2 limit 1",
            Of(Tenant),
            OfText(key)
        );

    public async Task<(byte[]? Document, List<Guid> Members)> FindGroupWithMembersAsync(Guid id)
    {
        await using var connection = await _source.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("select document from groups where tenant_id = $1 and id = $2")
                {
                    Parameters = { Of(Tenant), Of(id) },
                },
                new NpgsqlBatchCommand("select user_id from members where tenant_id = $1 and group_id = $2")
                {
                    Parameters = { Of(Tenant), Of(id) },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync();
        var document = await reader.ReadAsync() ? reader.GetFieldValue<byte[]>(0) : null;
        await reader.NextResultAsync();
        var members = new List<Guid>();
        while (await reader.ReadAsync())
        {
            members.Add(reader.GetGuid(0));
        }

        return (document, members);
    }

    // One id by plain equality: `= any` may get a cached plan that reads the whole group.
    public Task AddMembersAsync(Guid group, Guid[] users) =>
        ExecuteAsync(
            $"""
            insert into members (tenant_id, group_id, user_id)
            select $1, $2, id from users where tenant_id = $1 and id {(users.Length == 1 ? "= $3" : "= any($3)")}
                on conflict do nothing
            """,
            Of(Tenant),
            Of(group),
            users is [var user] ? Of(user) : Of(users)
        );

    public Task RemoveMembersAsync(Guid group, Guid[] users) =>
        ExecuteAsync(
            $"""
            delete from members
             where tenant_id = $1 and group_id = $2 and user_id {(users.Length == 1 ? "= $3" : "= any($3)")}
            """,
            Of(Tenant),
            Of(group),
            users is [var user] ? Of(user) : Of(users)
        );

    public Task DeleteGroupAsync(Guid id) =>
        ExecuteAsync(
            """
            with memberships as (delete from members where tenant_id = $1 and group_id = $2)
            delete from groups where tenant_id = $1 and id = $2
            """,
            Of(Tenant),
            Of(id)
        );

    private static NpgsqlParameter<T> Of<T>(T value) => new() { TypedValue = value };

    private static NpgsqlParameter OfText(string? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter OfJson(byte[] value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Json };

    private static NpgsqlParameter[] Of(Keys keys) =>
        [
            OfText(keys.Name),
            OfText(keys.ExternalId),
            OfText(keys.FamilyName),
            OfText(keys.DisplayName),
            OfText(keys.Email),
        ];

    private static string Literal(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Pattern(string value, string before, string after) =>
        Literal(
            before
                + value
                    .Replace(@"\", @"\\", StringComparison.Ordinal)
                    .Replace("%", @"\%", StringComparison.Ordinal)
                    .Replace("_", @"\_", StringComparison.Ordinal)
                + after
        );

    private static async Task<List<byte[]>> ReadDocumentsAsync(NpgsqlDataReader reader, int count)
    {
        var documents = new List<byte[]>(count);
        while (await reader.ReadAsync())
        {
            documents.Add(reader.GetFieldValue<byte[]>(0));
        }

        return documents;
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = _source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private async Task<byte[]?> FirstAsync(string sql, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleRow);
        return await reader.ReadAsync() ? reader.GetFieldValue<byte[]>(0) : null;
    }

    private async Task<int> ExecuteAsync(string sql, params NpgsqlParameter[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteNonQueryAsync();
    }
}
