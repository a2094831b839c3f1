using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Scim.Infrastructure.Persistence;

/// <summary>One connection of the embedded database with its prepared statements. Not for two threads at once.</summary>
internal sealed class SqliteLink : IDisposable
{
    private const int CacheLimit = 256;
    private const nint MainDatabase = 0;
    private const int HasMovedQuestion = 20; // SQLITE_FCNTL_HAS_MOVED

    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SqliteCommand> _parts = new(StringComparer.Ordinal);

    private SqliteLink(SqliteConnection connection) => Connection = connection;

    public SqliteConnection Connection { get; }

    /// <summary>The open file is no longer the one at its path. Not known where the file system has no such question.</summary>
    public bool HasMoved =>
        FileControl(Connection.Handle!, MainDatabase, HasMovedQuestion, out var moved) == raw.SQLITE_OK && moved != 0;

    public bool InTransaction => raw.sqlite3_get_autocommit(Connection.Handle) == 0;

    // Readers are many, and what one has in its cache is nothing to the others; the system's cache is behind them all.
    public static SqliteLink OpenReader(string path) =>
        Open(path, SqliteOpenMode.ReadWrite, "pragma query_only = on; pragma cache_size = -4000");

    public static SqliteLink OpenWriter(string path, SqliteOpenMode mode = SqliteOpenMode.ReadWrite) =>
        Open(
            path,
            mode,
            "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -16000"
        );

    public int Execute(string sql) => Execute(new Statement(sql, []));

    public int Execute(Statement statement) => Command(statement).ExecuteNonQuery();

    /// <summary>Runs a part of a mutation whose head has affected a row.</summary>
    public int ExecutePart(Statement part) => Prepare(_parts, "with head as (select 1 as id) ", part).ExecuteNonQuery();

    public SqliteCommand Command(Statement statement) => Prepare(_commands, "", statement);

    /// <summary>What the work does happens wholly or not at all, inside the open transaction.</summary>
    public T Atomically<T>(Func<SqliteLink, T> work)
    {
        Execute("savepoint job");
        try
        {
            var result = work(this);
            Execute("release job");
            return result;
        }
        catch
        {
            // After some errors (disk full, I/O) SQLite has rolled back everything itself.
            if (InTransaction)
            {
                Execute("rollback to job");
                Execute("release job");
            }

            throw;
        }
    }

    public void RollbackQuietly()
    {
        try
        {
            if (InTransaction)
            {
                Execute("rollback");
            }
        }
        catch (SqliteException)
        {
            // The connection is beyond use; its owner replaces it, and closing it rolls back.
        }
    }

    public void Dispose()
    {
        Clear(_commands);
        Clear(_parts);
        Connection.Dispose();
    }

    private static SqliteLink Open(string path, SqliteOpenMode mode, string pragmas)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = mode,
                Pooling = false,
                DefaultTimeout = 5,
            }.ConnectionString
        );
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"pragma busy_timeout = 5000; {pragmas}; pragma temp_store = memory";
            command.ExecuteNonQuery();
            // Otherwise a value bound in a limit makes SQLite parse and plan the statement anew on every execution.
            raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _);
            return new SqliteLink(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private SqliteCommand Prepare(Dictionary<string, SqliteCommand> cache, string prefix, Statement statement)
    {
        if (!cache.TryGetValue(statement.Sql, out var command))
        {
            if (cache.Count >= CacheLimit)
            {
                Clear(cache);
            }

            command = Connection.CreateCommand();
            command.CommandText = prefix + statement.Sql;
            for (var i = 1; i <= statement.Args.Length; i++)
            {
                command.Parameters.Add(
                    new SqliteParameter { ParameterName = string.Create(CultureInfo.InvariantCulture, $"${i}") }
                );
            }

            cache.Add(statement.Sql, command);
        }

        for (var i = 0; i < statement.Args.Length; i++)
        {
            statement.Args[i].Bind(command.Parameters[i]);
        }

        return command;
    }

    private static void Clear(Dictionary<string, SqliteCommand> cache)
    {
        foreach (var command in cache.Values)
        {
            command.Dispose();
        }

        cache.Clear();
    }

    // The wrapper leaves this function out.
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FileControl(sqlite3 connection, nint database, int question, out int answer);
}
