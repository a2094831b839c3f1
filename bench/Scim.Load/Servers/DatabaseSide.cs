using System.Globalization;
using Npgsql;
using Scim.TestKit;

namespace Scim.Load.Servers;

/// <summary>What is done to a database from outside the server that is measured: its size, its statistics, its settings.</summary>
internal sealed class DatabaseSide(TestDatabase database)
{
    private static readonly string[] ReportedSettings =
    [
        "fsync",
        "synchronous_commit",
        "full_page_writes",
        "wal_level",
        "shared_buffers",
        "work_mem",
        "max_wal_size",
        "max_connections",
    ];

    public TestDatabase Database => database;

    public bool IsPostgreSql => database.Kind == DatabaseKind.PostgreSql;

    public string ConnectionString =>
        new NpgsqlConnectionStringBuilder(database.Configuration["ConnectionStrings:Scim"])
        {
            Pooling = false,
            CommandTimeout = 3600,
        }.ConnectionString;

    public string Path => database.Configuration["Database:Path"];

    /// <summary>The postmaster, whose children are the backends; none for the embedded database.</summary>
    public async Task<int?> ProcessIdAsync()
    {
        if (!IsPostgreSql)
        {
            return null;
        }

        var lines = (string)(await ScalarAsync("select pg_read_file('postmaster.pid')"))!;
        return int.Parse(lines.Split('\n')[0], CultureInfo.InvariantCulture);
    }

    public async Task<long> SizeAsync() =>
        IsPostgreSql
            ? (long)(await ScalarAsync("select pg_database_size(current_database())"))!
            : new[] { Path, Path + "-wal" }.Where(File.Exists).Sum(file => new FileInfo(file).Length);

    /// <summary>After a large load, so that neither side is measured with the statistics of an empty table.</summary>
    public async Task SettleAsync()
    {
        if (IsPostgreSql)
        {
            await ExecuteAsync("vacuum analyze");
            await ExecuteAsync("checkpoint");
        }
    }

    public async Task<IReadOnlyDictionary<string, string>> SettingsAsync()
    {
        var settings = new Dictionary<string, string>();
        if (!IsPostgreSql)
        {
            settings["version"] = "embedded SQLite " + new Microsoft.Data.Sqlite.SqliteConnection().ServerVersion;
            settings["journal_mode"] = "wal";
            settings["synchronous"] = "full";
            return settings;
        }

        settings["version"] = (string)(await ScalarAsync("select version()"))!;
        foreach (var name in ReportedSettings)
        {
            settings[name] = (string)(await ScalarAsync($"select current_setting('{name}')"))!;
        }

        return settings;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
