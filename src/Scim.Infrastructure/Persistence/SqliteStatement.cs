using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Scim.Infrastructure.Persistence;

/// <summary>
/// One statement of the embedded database, prepared once and bound many times. It goes past the driver's commands and
/// readers to SQLite's own functions: the handle checks and locks for every column were nearly a fifth of a
/// page's time (docs/adr/0027-prepared-statements-on-sqlite.md). Not for two threads at once.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private const int StackBytes = 512;
    private const int LargeBytes = 4096;
    private const nint CopyIt = -1; // SQLITE_TRANSIENT

    private static readonly byte[] Nothing = new byte[1];

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _handle;
    private readonly int[] _parameters;
    private readonly bool _isReadOnly;
    private nint _pointer;
    private bool _holdsLarge;

    /// <exception cref="SqliteException">The text is not one statement of this database.</exception>
    public SqliteStatement(sqlite3 database, string sql)
    {
        _database = database;
        var result = raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _handle, out var rest);
        SqliteException.ThrowExceptionForRC(result, database);
        if (!string.IsNullOrWhiteSpace(rest))
        {
            _handle.Dispose();
            throw new InvalidOperationException($"More than one statement: {sql}");
        }

        _pointer = _handle.DangerousGetHandle();
        _isReadOnly = raw.sqlite3_stmt_readonly(_handle) != 0;
        var count = raw.sqlite3_bind_parameter_count(_handle);
        _parameters = new int[count];
        for (var i = 1; i <= count; i++)
        {
            var name = raw.sqlite3_bind_parameter_name(_handle, i).utf8_to_string();
            _parameters[i - 1] = int.Parse(name.AsSpan(1), CultureInfo.InvariantCulture) - 1;
        }
    }

    /// <summary>It was begun and not ended: nobody else may have it.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Binds the arguments to <c>$1</c> to <c>$n</c>, of which the text need not use all.</summary>
    public void Bind(Arg[] args)
    {
        if (IsRunning)
        {
            throw new InvalidOperationException("A statement is run again while it runs.");
        }

        for (var i = 0; i < _parameters.Length; i++)
        {
            args[_parameters[i]].Bind(this, i + 1);
        }
    }

    /// <summary>Whether there is a row; its columns can be read until the next step.</summary>
    public bool Step()
    {
        ObjectDisposedException.ThrowIf(_pointer == 0, this);
        IsRunning = true;
        var result = Step(_pointer);
        if (result is raw.SQLITE_ROW or raw.SQLITE_DONE)
        {
            return result == raw.SQLITE_ROW;
        }

        try
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }
        finally
        {
            Reset();
        }

        return false;
    }

    /// <summary>Runs it to its end; the rows that it changed.</summary>
    public int Run()
    {
        while (Step())
        {
            // Rows of a statement that is run for its effect.
        }

        var changed = _isReadOnly ? 0 : raw.sqlite3_changes(_database);
        Reset();
        return changed;
    }

    /// <summary>
    /// Ends it, wherever it is. What was bound stays until it is bound anew, except for large values: each statement of each
    /// connection would keep room for the largest that it ever had.
    /// </summary>
    public void Reset()
    {
        if (_pointer == 0)
        {
            return;
        }

        _ = Reset(_pointer);
        IsRunning = false;
        if (_holdsLarge)
        {
            _ = raw.sqlite3_clear_bindings(_handle);
            _holdsLarge = false;
        }
    }

    public void Dispose()
    {
        _pointer = 0;
        _handle.Dispose();
    }

    public bool IsNull(int column) => ColumnType(_pointer, column) == raw.SQLITE_NULL;

    public long Int(int column) => ColumnInt64(_pointer, column);

    public double Real(int column) => ColumnDouble(_pointer, column);

    /// <summary>A blob, or text in UTF-8; of null nothing. Good until the next step.</summary>
    public unsafe ReadOnlySpan<byte> Bytes(int column)
    {
        var bytes = ColumnBlob(_pointer, column);
        return new ReadOnlySpan<byte>((void*)bytes, ColumnBytes(_pointer, column));
    }

    public void BindNull(int parameter) => Check(BindNull(_pointer, parameter));

    public void BindInt(int parameter, long value) => Check(BindInt64(_pointer, parameter, value));

    public void BindReal(int parameter, double value) => Check(BindDouble(_pointer, parameter, value));

    public unsafe void BindBlob(int parameter, ReadOnlySpan<byte> value)
    {
        // A null pointer would bind null.
        fixed (byte* bytes = value.IsEmpty ? Nothing : value)
        {
            Check(BindBlob(_pointer, parameter, (nint)bytes, value.Length, CopyIt));
        }

        _holdsLarge |= value.Length > LargeBytes;
    }

    public unsafe void BindUtf8(int parameter, ReadOnlySpan<byte> value)
    {
        fixed (byte* bytes = value.IsEmpty ? Nothing : value)
        {
            Check(BindText(_pointer, parameter, (nint)bytes, value.Length, CopyIt));
        }

        _holdsLarge |= value.Length > LargeBytes;
    }

    public void BindText(int parameter, string value)
    {
        if (Encoding.UTF8.GetMaxByteCount(value.Length) <= StackBytes)
        {
            Span<byte> bytes = stackalloc byte[StackBytes];
            BindUtf8(parameter, bytes[..Encoding.UTF8.GetBytes(value, bytes)]);
            return;
        }

        // Counted, not estimated: the pool keeps what it lends, and the estimate is three times as much.
        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetByteCount(value));
        BindUtf8(parameter, rented.AsSpan(0, Encoding.UTF8.GetBytes(value, rented)));
        ArrayPool<byte>.Shared.Return(rented);
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);

    // Short functions that wait for nothing are called without telling the garbage collector; the steps are not short.
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_step", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Step(nint statement);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_reset", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Reset(nint statement);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_column_type", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static extern int ColumnType(nint statement, int column);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_column_int64", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static extern long ColumnInt64(nint statement, int column);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_column_double", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static extern double ColumnDouble(nint statement, int column);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_column_blob", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint ColumnBlob(nint statement, int column);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_column_bytes", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static extern int ColumnBytes(nint statement, int column);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_bind_null", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static extern int BindNull(nint statement, int parameter);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_bind_int64", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static extern int BindInt64(nint statement, int parameter, long value);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_bind_double", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static extern int BindDouble(nint statement, int parameter, double value);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_bind_blob", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int BindBlob(nint statement, int parameter, nint bytes, int length, nint destructor);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_bind_text", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int BindText(nint statement, int parameter, nint bytes, int length, nint destructor);
}
