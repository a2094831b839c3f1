using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
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

    private static readonly TimeSpan SealingPatience = TimeSpan.FromMinutes(5);

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

    /// <summary>
    /// Until the platform has sealed what its journal grew by, so that the work of many writes is not measured with the reads after
    /// them. With the embedded database the measured host does that; with PostgreSQL a worker would, and none runs.
    /// </summary>
    public async Task AwaitSealingAsync()
    {
        if (IsPostgreSql)
        {
            return;
        }

        var waited = Stopwatch.StartNew();
        while (await CountUnsealedAsync() > 0)
        {
            if (waited.Elapsed > SealingPatience)
            {
                throw new LoadException($"{Path}: the journal is not sealed after {SealingPatience}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    public async Task<IReadOnlyDictionary<string, string>> SettingsAsync()
    {
        var settings = new Dictionary<string, string>();
        if (!IsPostgreSql)
        {
            settings["version"] = "embedded SQLite " + new SqliteConnection().ServerVersion;
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

    // Noting who joined and left groups is the last that a sealing does with a row.
    private async Task<long> CountUnsealedAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={Path};Mode=ReadOnly;Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = """
            select count(*) from tenants t
             where exists (
                   select 1 from journal j
                    where j.tenant_id = t.id and j.sequence > coalesce((
                          select p.sequence from journal_member_positions p where p.tenant_id = t.id), 0))
            """;
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
