using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace Scim.Floor;

/// <summary>One writer behind a lock, as many readers as are needed at once, every statement prepared once for each.</summary>
[SuppressMessage(
    "Reliability",
    "CA2000:Dispose objects before losing scope",
    Justification = "Connections live as long as the process."
)]
internal sealed class SqliteFloor(string path) : IFloorStore
{
    private const string Schema = """
        create table if not exists users (
            seq integer primary key,
            tenant_id integer not null,
            id blob not null,
            user_name text not null,
            external_id text,
            family_name text,
            display_name text,
            email text,
            document blob not null
        );
        create unique index if not exists users_id on users (tenant_id, id);
        create unique index if not exists users_user_name on users (tenant_id, user_name);
        create index if not exists users_external_id on users (tenant_id, external_id);
        create index if not exists users_tenant on users (tenant_id);
        create table if not exists groups (
            seq integer primary key,
            tenant_id integer not null,
            id blob not null,
            display_name text not null,
            external_id text,
            document blob not null
        );
        create unique index if not exists groups_id on groups (tenant_id, id);
        create index if not exists groups_display_name on groups (tenant_id, display_name);
        create table if not exists members (
            tenant_id integer not null,
            group_id blob not null,
            user_id blob not null,
            primary key (tenant_id, group_id, user_id)
        ) without rowid;
        create index if not exists members_user_id on members (tenant_id, user_id);
        """;

    private const string Insert = """
        insert or ignore into users
            (tenant_id, id, user_name, external_id, family_name, display_name, email, document)
        values (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """;

    private const string Replace = """
        update users
           set user_name = ?2, external_id = ?3, family_name = ?4, display_name = ?5, email = ?6, document = ?7
         where tenant_id = 1 and id = ?1
        """;

    private const string Page = """
        select document
          from users
         where tenant_id = 1 and seq >= (select seq from users where tenant_id = 1 order by seq limit 1 offset ?1)
         order by seq
         limit ?2
        """;

    private readonly ConcurrentBag<Link> _readers = [];
    private readonly Lazy<Link> _writer = new(() => new Link(path));
    private readonly Lock _turn = new();

    public Task CreateSchemaAsync() => WriteAsync(link => link.Execute(Schema));

    public Task<long> CountAsync() =>
        ReadAsync(link => (long)link.Prepare("select count(*) from users where tenant_id = 1").ExecuteScalar()!);

    public Task SetSearchIndexesAsync(bool present) =>
        WriteAsync(link =>
            present
                ? link.Execute("create index if not exists users_email on users (tenant_id, email)")
                    + link.Execute(
                        "create index if not exists users_family_name on users (tenant_id, family_name, display_name)"
                    )
                : link.Execute("drop index if exists users_email")
                    + link.Execute("drop index if exists users_family_name")
        );

    public Task<bool> InsertAsync(NewUser user) => WriteAsync(link => link.Execute(Insert, Values(user)) == 1);

    public Task InsertAllAsync(IReadOnlyList<NewUser> users) =>
        InTransactionAsync(link => users.Sum(user => link.Execute(Insert, Values(user))));

    public Task<byte[]?> FindAsync(Guid id) =>
        ReadAsync(link => link.First("select document from users where tenant_id = 1 and id = ?1", Key(id)));

    public Task<byte[]?> FindByUserNameAsync(string key) =>
        ReadAsync(link => link.First("select document from users where tenant_id = 1 and user_name = ?1", key));

    public Task<byte[]?> FindByExternalIdAsync(string externalId) =>
        ReadAsync(link =>
            link.First("select document from users where tenant_id = 1 and external_id = ?1 limit 1", externalId)
        );

    public Task<(List<byte[]> Page, int Total)> SearchAsync(SearchKind kind, string first, string second, int count)
    {
        // A prefix is a range, which an index serves; a substring is a scan.
        var (condition, one, two) = kind switch
        {
            SearchKind.UserNameStarts => ("user_name >= ?1 and user_name < ?2", first, After(first)),
            SearchKind.EmailStarts => ("email >= ?1 and email < ?2", first, After(first)),
            SearchKind.UserNameContains => ("instr(user_name, ?1) > 0 and ?2 is not null", first, ""),
            _ => ("family_name = ?1 and display_name >= ?2 and display_name < ?2 || char(1114111)", first, second),
        };
        return ReadAsync(link =>
        {
            var total = (long)
                link.Prepare($"select count(*) from users where tenant_id = 1 and {condition}", one, two)
                    .ExecuteScalar()!;
            var select = $"select document from users where tenant_id = 1 and {condition} order by seq limit {count}";
            return (link.All(select, one, two), (int)total);
        });
    }

    public Task<List<byte[]>> PageAsync(int offset, int count) => ReadAsync(link => link.All(Page, offset, count));

    public Task<(List<byte[]> Page, long Last)> PageAfterAsync(long sequence, int count) =>
        ReadAsync(link =>
        {
            const string Select =
                "select document, seq from users where tenant_id = 1 and seq > ?1 order by seq limit ?2";
            var page = new List<byte[]>(count);
            using var reader = link.Prepare(Select, sequence, count).ExecuteReader();
            while (reader.Read())
            {
                page.Add(reader.GetFieldValue<byte[]>(0));
                sequence = reader.GetInt64(1);
            }

            return (page, sequence);
        });

    public Task<bool> ReplaceAsync(Guid id, Keys keys, byte[] document) =>
        WriteAsync(link => link.Execute(Replace, Values(new NewUser(id, "", keys, document))) == 1);

    public Task<byte[]?> EditAsync(Guid id, Func<byte[], byte[]> edit) =>
        InTransactionAsync(link =>
        {
            var document = link.First("select document from users where tenant_id = 1 and id = ?1", Key(id));
            if (document is not null)
            {
                document = edit(document);
                link.Execute("update users set document = ?2 where tenant_id = 1 and id = ?1", Key(id), document);
            }

            return document;
        });

    public Task<bool> DeleteAsync(Guid id) =>
        InTransactionAsync(link =>
        {
            link.Execute("delete from members where tenant_id = 1 and user_id = ?1", Key(id));
            return link.Execute("delete from users where tenant_id = 1 and id = ?1", Key(id)) == 1;
        });

    public Task InsertGroupAsync(Guid id, Keys keys, byte[] document) =>
        WriteAsync(link =>
            link.Execute(
                "insert into groups (tenant_id, id, display_name, external_id, document) values (1, ?1, ?2, ?3, ?4)",
                Key(id),
                keys.Name,
                keys.ExternalId,
                document
            )
        );

    public Task<byte[]?> FindGroupAsync(Guid id) =>
        ReadAsync(link => link.First("select document from groups where tenant_id = 1 and id = ?1", Key(id)));

    public Task<byte[]?> FindGroupByNameAsync(string key) =>
        ReadAsync(link =>
            link.First("select document from groups where tenant_id = 1 and display_name = ?1 limit 1", key)
        );

    public Task<(byte[]? Document, List<Guid> Members)> FindGroupWithMembersAsync(Guid id) =>
        ReadAsync(link =>
        {
            var document = link.First("select document from groups where tenant_id = 1 and id = ?1", Key(id));
            var members = new List<Guid>();
            using var reader = link.Prepare(
                    "select user_id from members where tenant_id = 1 and group_id = ?1",
                    Key(id)
                )
                .ExecuteReader();
            while (reader.Read())
            {
                members.Add(new Guid(reader.GetFieldValue<byte[]>(0), bigEndian: true));
            }

            return (document, members);
        });

    public Task AddMembersAsync(Guid group, Guid[] users) =>
        ForEachAsync(
            group,
            users,
            """
            insert or ignore into members (tenant_id, group_id, user_id)
            select 1, ?1, id from users where tenant_id = 1 and id = ?2
            """
        );

    public Task RemoveMembersAsync(Guid group, Guid[] users) =>
        ForEachAsync(group, users, "delete from members where tenant_id = 1 and group_id = ?1 and user_id = ?2");

    public Task DeleteGroupAsync(Guid id) =>
        InTransactionAsync(link =>
            link.Execute("delete from members where tenant_id = 1 and group_id = ?1", Key(id))
            + link.Execute("delete from groups where tenant_id = 1 and id = ?1", Key(id))
        );

    private static byte[] Key(Guid id) => id.ToByteArray(bigEndian: true);

    private static string After(string prefix) => prefix[..^1] + (char)(prefix[^1] + 1);

    private static object?[] Values(NewUser user) =>
        [
            Key(user.Id),
            user.Keys.Name,
            user.Keys.ExternalId,
            user.Keys.FamilyName,
            user.Keys.DisplayName,
            user.Keys.Email,
            user.Document,
        ];

    private Task<int> ForEachAsync(Guid group, Guid[] users, string sql) =>
        users is [var user]
            ? WriteAsync(link => link.Execute(sql, Key(group), Key(user)))
            : InTransactionAsync(link => users.Sum(each => link.Execute(sql, Key(group), Key(each))));

    private Task<T> ReadAsync<T>(Func<Link, T> work)
    {
        if (!_readers.TryTake(out var link))
        {
            link = new Link(path);
        }

        try
        {
            return Task.FromResult(work(link));
        }
        finally
        {
            _readers.Add(link);
        }
    }

    private Task<T> WriteAsync<T>(Func<Link, T> work)
    {
        lock (_turn)
        {
            return Task.FromResult(work(_writer.Value));
        }
    }

    private Task<T> InTransactionAsync<T>(Func<Link, T> work) =>
        WriteAsync(link =>
        {
            link.Execute("begin immediate");
            try
            {
                var result = work(link);
                link.Execute("commit");
                return result;
            }
            catch
            {
                link.Execute("rollback");
                throw;
            }
        });

    [SuppressMessage(
        "Design",
        "CA1001:Types that own disposable fields should be disposable",
        Justification = "As above."
    )]
    private sealed class Link
    {
        private const string Pragmas = """
            pragma journal_mode = wal;
            pragma synchronous = full;
            pragma cache_size = -65536;
            pragma mmap_size = 1073741824;
            pragma busy_timeout = 5000;
            pragma wal_autocheckpoint = 4000;
            """;

        private readonly SqliteConnection _connection;
        private readonly Dictionary<string, SqliteCommand> _prepared = [];

        public Link(string path)
        {
            var settings = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false };
            _connection = new SqliteConnection(settings.ConnectionString);
            _connection.Open();
            using var pragmas = _connection.CreateCommand();
            pragmas.CommandText = Pragmas;
            pragmas.ExecuteNonQuery();
        }

        public SqliteCommand Prepare(string sql, params ReadOnlySpan<object?> values)
        {
            if (!_prepared.TryGetValue(sql, out var command))
            {
                command = _prepared[sql] = _connection.CreateCommand();
                command.CommandText = sql;
                for (var i = 1; i <= values.Length; i++)
                {
                    command.Parameters.Add(new SqliteParameter($"?{i}", null));
                }
            }

            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters[i].Value = values[i] ?? DBNull.Value;
            }

            return command;
        }

        public int Execute(string sql, params ReadOnlySpan<object?> values) => Prepare(sql, values).ExecuteNonQuery();

        public byte[]? First(string sql, params ReadOnlySpan<object?> values)
        {
            using var reader = Prepare(sql, values).ExecuteReader();
            return reader.Read() ? reader.GetFieldValue<byte[]>(0) : null;
        }

        public List<byte[]> All(string sql, params ReadOnlySpan<object?> values)
        {
            var all = new List<byte[]>();
            using var reader = Prepare(sql, values).ExecuteReader();
            while (reader.Read())
            {
                all.Add(reader.GetFieldValue<byte[]>(0));
            }

            return all;
        }
    }
}
