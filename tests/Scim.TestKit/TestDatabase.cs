using Npgsql;

namespace Scim.TestKit;

/// <summary>A fresh, empty database of either kind; gone after disposal.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly Func<Task> _drop;

    private TestDatabase(DatabaseKind kind, IReadOnlyDictionary<string, string> configuration, Func<Task> drop)
    {
        Kind = kind;
        Configuration = configuration;
        _drop = drop;
    }

    public DatabaseKind Kind { get; }

    /// <summary>The settings, by configuration key, that point a host at this database.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; }

    public static Task<TestDatabase> CreateAsync(DatabaseKind kind) =>
        kind == DatabaseKind.PostgreSql
            ? CreatePostgreSqlAsync(PostgresCluster.ConnectionString)
            : Task.FromResult(CreateSqlite());

    /// <summary>A database on a server of the test's own.</summary>
    public static Task<TestDatabase> CreateAsync(PostgresServer server) =>
        CreatePostgreSqlAsync(server.ConnectionString);

    /// <summary>The same database by another setting, such as another way to it. It is this one that is to be disposed.</summary>
    public TestDatabase With(string key, string value) =>
        new(Kind, new Dictionary<string, string>(Configuration) { [key] = value }, () => Task.CompletedTask);

    public async ValueTask DisposeAsync() => await _drop();

    private static TestDatabase CreateSqlite()
    {
        var folder = Directory.CreateTempSubdirectory("scim-test-").FullName;
        var configuration = new Dictionary<string, string>
        {
            ["Database:Provider"] = "Sqlite",
            ["Database:Path"] = Path.Combine(folder, "scim.db"),
        };
        return new TestDatabase(
            DatabaseKind.Sqlite,
            configuration,
            () =>
            {
                Directory.Delete(folder, recursive: true);
                return Task.CompletedTask;
            }
        );
    }

    private static async Task<TestDatabase> CreatePostgreSqlAsync(string administrator)
    {
        var name = $"scim_test_{Guid.NewGuid():N}";
        await AdministerAsync(administrator, $"create database {name}");
        var configuration = new Dictionary<string, string>
        {
            ["Database:Provider"] = "PostgreSql",
            ["ConnectionStrings:Scim"] = new NpgsqlConnectionStringBuilder(administrator)
            {
                Database = name,
            }.ConnectionString,
        };
        return new TestDatabase(
            DatabaseKind.PostgreSql,
            configuration,
            () => AdministerAsync(administrator, $"drop database if exists {name} with (force)")
        );
    }

    private static async Task AdministerAsync(string administrator, string sql)
    {
        var connectionString = new NpgsqlConnectionStringBuilder(administrator) { Pooling = false };
        await using var connection = new NpgsqlConnection(connectionString.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
