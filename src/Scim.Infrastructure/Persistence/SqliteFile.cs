using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Scim.Infrastructure.Persistence;

/// <summary>
/// The embedded database's file, as the first connection found it. That one stays open, and each is asked whether its file
/// is still the one at the path: writes to a file that was removed or renamed would be acknowledged and lost, and a file put
/// in its place is not what this process has in its caches and logs. Meanwhile there is no database; a file that is moved
/// back is used again.
/// </summary>
internal sealed class SqliteFile(string path) : IDisposable
{
    private readonly Lock _turn = new();
    private SqliteLink? _first;

    public bool IsOpen => Volatile.Read(ref _first) is not null;

    public SqliteLink OpenReader() => Open(SqliteLink.OpenReader);

    public SqliteLink OpenWriter() => Open(path => SqliteLink.OpenWriter(path));

    /// <summary>Fails as if the file could not be opened, when it is no longer at its path or was emptied there.</summary>
    public void Check(SqliteLink link)
    {
        if (link.HasMoved || !HasContent(path))
        {
            throw CannotOpen(
                "The database file was moved, removed or replaced while in use. Put it back, or restart to use another."
            );
        }
    }

    /// <summary>
    /// SQLite deletes the log that lies beside an empty database, and with it what was acknowledged and not yet copied
    /// into the file that is missing here. So nothing is opened or made then; the answer says what to do.
    /// </summary>
    public static string? FindOrphanedLog(string path)
    {
        var log = path + "-wal";
        return !HasContent(path) && HasContent(log)
            ? $"The database file {path} is missing or empty, but its write-ahead log is there. Put the file back; or, to "
                + $"start with an empty database, remove {Path.GetFileName(log)} first."
            : null;
    }

    public void Dispose() => _first?.Dispose();

    private SqliteLink Open(Func<string, SqliteLink> open)
    {
        lock (_turn)
        {
            if (_first is null && FindOrphanedLog(path) is { } problem)
            {
                throw CannotOpen(problem);
            }

            _first ??= SqliteLink.OpenReader(path);
            // Not even to look at another: SQLite would mix the log of the one file into the other.
            Check(_first);
        }

        return open(path);
    }

    private static bool HasContent(string path) => new FileInfo(path) is { Exists: true, Length: > 0 };

    private static SqliteException CannotOpen(string message) => new(message, raw.SQLITE_CANTOPEN);
}
