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
    private const int ArenaLimit = -8; // M_ARENA_MAX
    private const int MappingThreshold = -3; // M_MMAP_THRESHOLD
    private const int LargeBlock = 131_072;

    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SqliteStatement> _parts = new(StringComparer.Ordinal);

    // No connection is ever used by two threads at once, so SQLite need not take its locks for every call.
    static SqliteLink()
    {
        Batteries_V2.Init();
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        LimitAllocator();
    }

    private SqliteLink(SqliteConnection connection) => Connection = connection;

    public SqliteConnection Connection { get; }

    /// <summary>The open file is no longer the one at its path. Not known where the file system has no such question.</summary>
    public bool HasMoved =>
        FileControl(Connection.Handle!, MainDatabase, HasMovedQuestion, out var moved) == raw.SQLITE_OK && moved != 0;

    public bool InTransaction => raw.sqlite3_get_autocommit(Connection.Handle) == 0;

    // Readers are many, and what one has in its cache is nothing to the others; the system's cache is behind them all.
    public static SqliteLink OpenReader(string path) =>
        Open(path, SqliteOpenMode.ReadWrite, "pragma query_only = on; pragma cache_size = -1000");

    public static SqliteLink OpenWriter(string path, SqliteOpenMode mode = SqliteOpenMode.ReadWrite) =>
        Open(
            path,
            mode,
            "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -8000; pragma wal_autocheckpoint = 4000"
        );

    public int Execute(string sql) => Execute(new Statement(sql, []));

    public int Execute(Statement statement) => Prepare(statement).Run();

    /// <summary>Runs a part of a mutation whose head has affected a row.</summary>
    public int ExecutePart(Statement part) => Prepare(_parts, "with head as (select 1 as id) ", part).Run();

    /// <summary>Ready for its first step; whoever takes it resets it.</summary>
    public SqliteStatement Prepare(Statement statement) => Prepare(_statements, "", statement);

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
        foreach (var statement in _statements.Values.Concat(_parts.Values))
        {
            statement.Dispose();
        }

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

    private SqliteStatement Prepare(Dictionary<string, SqliteStatement> cache, string prefix, Statement statement)
    {
        if (!cache.TryGetValue(statement.Sql, out var prepared))
        {
            if (cache.Count >= CacheLimit)
            {
                Clear(cache);
            }

            prepared = new SqliteStatement(Connection.Handle!, prefix + statement.Sql);
            cache.Add(statement.Sql, prepared);
        }

        prepared.Bind(statement.Args);
        return prepared;
    }

    private static void Clear(Dictionary<string, SqliteStatement> cache)
    {
        foreach (var (sql, statement) in cache)
        {
            if (!statement.IsRunning)
            {
                statement.Dispose();
                cache.Remove(sql);
            }
        }
    }

    // Pages of the caches come from malloc. With an arena for each thread, what one frees the others cannot have: 30 MB. Named, the
    // size from which blocks are given back when freed stays what it is at first; else it grows to that of the largest freed.
    private static void LimitAllocator()
    {
        try
        {
            _ = SetAllocator(ArenaLimit, 2);
            _ = SetAllocator(MappingThreshold, LargeBlock);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            // Only glibc has arenas to limit.
        }
    }

    [DllImport("libc", EntryPoint = "mallopt", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetAllocator(int parameter, int value);

    // The wrapper leaves this function out.
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FileControl(sqlite3 connection, nint database, int question, out int answer);
}
