using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Scim.Integration.Tests.Plans;

/// <summary>
/// Hears of every statement that any connection of this process runs on one database file, from SQLite itself: each new
/// connection gets a trace (https://sqlite.org/c3ref/auto_extension.html, trace_v2.html), which the wrapper leaves out.
/// </summary>
internal sealed class SqliteTrace : IDisposable
{
    private const uint ProfileEvent = 2; // SQLITE_TRACE_PROFILE
    private const nint MainDatabase = 0;
    private const int VirtualMachineSteps = 4; // SQLITE_STMTSTATUS_VM_STEP

    private static readonly ConcurrentDictionary<string, SqliteTrace> Traces = new(StringComparer.Ordinal);

    // Native code holds on to both.
    private static readonly OpenedCallback OnOpened = Opened;
    private static readonly TraceCallback OnStatement = Ended;

    private readonly ConcurrentDictionary<string, string> _plans = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Sql, long Steps)> _ended = new();
    private readonly Observations _seen;
    private readonly string _path;

    public SqliteTrace(string path, Observations seen)
    {
        (_path, _seen) = (Path.GetFullPath(path), seen);
        Traces[_path] = this;
        // SQLite keeps one of a kind, however often it is asked.
        Check(AutoExtension(OnOpened));
    }

    private delegate int OpenedCallback(nint database, nint error, nint routines);

    private delegate int TraceCallback(uint kind, nint context, nint statement, nint nanoseconds);

    /// <summary>Explains, on a connection of its own, what has run since the last call.</summary>
    public void Explain()
    {
        while (_ended.TryDequeue(out var ended))
        {
            _seen.Add(new Executed(ended.Sql, _plans.GetOrAdd(ended.Sql, PlanOf), ended.Steps));
        }
    }

    public void Dispose()
    {
        Traces.TryRemove(_path, out _);
        if (Traces.IsEmpty)
        {
            _ = CancelAutoExtension(OnOpened);
        }
    }

    private string PlanOf(string sql)
    {
        if (!IsExplained(sql))
        {
            return "";
        }

        using var connection = new SqliteConnection($"Data Source={_path};Pooling=False");
        connection.Open();
        // A connection that must not be traced: it would explain itself for ever.
        Check(TraceStatements(connection.Handle!.DangerousGetHandle(), 0, null, 0));
        // Nothing is bound: statistics without samples make no plan depend on values.
        Check(raw.sqlite3_prepare_v2(connection.Handle, "explain query plan " + sql, out var explain));
        using (explain)
        {
            var lines = new List<string>();
            while (raw.sqlite3_step(explain) == raw.SQLITE_ROW)
            {
                lines.Add(raw.sqlite3_column_text(explain, 3).utf8_to_string());
            }

            return string.Join('\n', lines);
        }
    }

    private static bool IsExplained(string sql) =>
        sql.TrimStart() is var text
        && ((string[])["select", "insert", "update", "delete", "with"]).Any(verb =>
            text.StartsWith(verb, StringComparison.OrdinalIgnoreCase)
        );

    private static int Opened(nint database, nint error, nint routines)
    {
        var path = Marshal.PtrToStringUTF8(FileName(database, MainDatabase));
        return path is not null && Traces.ContainsKey(path)
            ? TraceStatements(database, ProfileEvent, OnStatement, database)
            : raw.SQLITE_OK;
    }

    private static int Ended(uint kind, nint database, nint statement, nint nanoseconds)
    {
        var path = Marshal.PtrToStringUTF8(FileName(database, MainDatabase));
        if (path is not null && Traces.TryGetValue(path, out var trace))
        {
            var sql = Marshal.PtrToStringUTF8(Sql(statement))!;
            trace._ended.Enqueue((sql, StatementStatus(statement, VirtualMachineSteps, 1)));
            trace._seen.Statement();
            trace._seen.RoundTrip(endsTransaction: IsAutoCommit(database) != 0);
        }

        return 0;
    }

    private static void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw new InvalidOperationException($"SQLite answered {result}.");
        }
    }

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_auto_extension", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int AutoExtension(OpenedCallback callback);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_cancel_auto_extension", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CancelAutoExtension(OpenedCallback callback);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_trace_v2", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int TraceStatements(nint database, uint events, TraceCallback? callback, nint context);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_db_filename", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint FileName(nint database, nint name);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_sql", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Sql(nint statement);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_stmt_status", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatementStatus(nint statement, int counter, int reset);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_get_autocommit", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int IsAutoCommit(nint database);
}
