using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Npgsql;
using Scim.Domain.Errors;

namespace Scim.Infrastructure.Persistence;

/// <summary>A unique index refused a row. The name is the same on both databases (<c>users_user_name_key</c>, <c>users_pkey</c>).</summary>
internal sealed class UniqueViolationException(string constraint, Exception? inner = null)
    : Exception($"The unique index {constraint} refused a row.", inner)
{
    public string Constraint { get; } = constraint;
}

/// <summary>A counter is not to go past its limit.</summary>
internal sealed class CeilingException(Exception inner) : Exception("The limit is reached.", inner)
{
    public const string Constraint = "resource_counters_ceiling";
}

/// <summary>A race was lost; the same work may succeed when it runs again from its start.</summary>
internal sealed class TransientDatabaseException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Turns what the drivers throw into the outcomes that callers know.</summary>
internal sealed partial class DatabaseFaults(ILogger<DatabaseFaults> logger)
{
    private const string IdleInTransactionTimeout = "25P03";

    /// <summary>Null when the exception is not the database's.</summary>
    public Exception? Translate(Exception exception) =>
        exception switch
        {
            PostgresException postgres => Translate(postgres),
            NpgsqlException => Unavailable(exception),
            SqliteException sqlite => Translate(sqlite),
            // A connection that breaks while the driver cancels its command is found disposed by its next user.
            ObjectDisposedException { StackTrace: { } stack }
                when stack.Contains("Npgsql.", StringComparison.Ordinal) => Unavailable(exception),
            _ => null,
        };

    private Exception Translate(PostgresException exception) =>
        exception.SqlState switch
        {
            PostgresErrorCodes.UniqueViolation => new UniqueViolationException(
                exception.ConstraintName ?? "",
                exception
            ),
            PostgresErrorCodes.CheckViolation when exception.ConstraintName == CeilingException.Constraint =>
                new CeilingException(exception),
            PostgresErrorCodes.SerializationFailure
            or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.ForeignKeyViolation => new TransientDatabaseException(
                exception.MessageText,
                exception
            ),
            PostgresErrorCodes.QueryCanceled
            or PostgresErrorCodes.LockNotAvailable
            or IdleInTransactionTimeout
            or PostgresErrorCodes.ReadOnlySqlTransaction
            // The serving role does not exist yet: nobody has migrated this database.
            or PostgresErrorCodes.InvalidParameterValue
            or PostgresErrorCodes.UndefinedTable => Unavailable(exception),
            _ when IsServersTrouble(exception.SqlState) => Unavailable(exception),
            _ => exception,
        };

    // 08 connection, 28 authorisation, 3D unknown database, 53 resources, 57 operator intervention, 58 system, XX internal.
    private static bool IsServersTrouble(string state) =>
        state[..2] is "08" or "28" or "3D" or "53" or "57" or "58" or "XX";

    private Exception Translate(SqliteException exception)
    {
        switch (exception.SqliteExtendedErrorCode)
        {
            case SQLitePCL.raw.SQLITE_CONSTRAINT_UNIQUE
            or SQLitePCL.raw.SQLITE_CONSTRAINT_PRIMARYKEY
            or SQLitePCL.raw.SQLITE_CONSTRAINT_ROWID:
                return new UniqueViolationException(
                    IndexName(exception.Message, exception.SqliteExtendedErrorCode),
                    exception
                );
            case SQLitePCL.raw.SQLITE_CONSTRAINT_CHECK
                when exception.Message.Contains(CeilingException.Constraint, StringComparison.Ordinal):
                return new CeilingException(exception);
            case SQLitePCL.raw.SQLITE_CONSTRAINT_FOREIGNKEY:
                return new TransientDatabaseException(exception.Message, exception);
        }

        return exception.SqliteErrorCode switch
        {
            SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => new TransientDatabaseException(
                exception.Message,
                exception
            ),
            SQLitePCL.raw.SQLITE_CANTOPEN
            or SQLitePCL.raw.SQLITE_IOERR
            or SQLitePCL.raw.SQLITE_FULL
            or SQLitePCL.raw.SQLITE_READONLY
            or SQLitePCL.raw.SQLITE_CORRUPT
            or SQLitePCL.raw.SQLITE_NOTADB
            or SQLitePCL.raw.SQLITE_NOMEM
            or SQLitePCL.raw.SQLITE_INTERRUPT => Unavailable(exception),
            _ => exception,
        };
    }

    // SQLite names the columns, not the index: "UNIQUE constraint failed: users.tenant_id, users.user_name_key".
    // Every unique index is therefore called after its table and last column, as on PostgreSQL.
    private static string IndexName(string message, int code)
    {
        const string Marker = "constraint failed: ";
        var start = message.IndexOf(Marker, StringComparison.Ordinal);
        if (start < 0)
        {
            return "";
        }

        var columns = message[(start + Marker.Length)..].TrimEnd('.', '\'').Split(", ");
        var table = columns[0][..columns[0].IndexOf('.', StringComparison.Ordinal)];
        var last = columns[^1][(columns[^1].IndexOf('.', StringComparison.Ordinal) + 1)..];

        // Tables with a running number have it as SQLite's own key, so their real key is a unique index there.
        var isKey = code != SQLitePCL.raw.SQLITE_CONSTRAINT_UNIQUE || (columns.Length == 2 && last is "id");
        return isKey ? $"{table}_pkey" : $"{table}_{last}";
    }

    private ScimException Unavailable(Exception exception)
    {
        LogUnavailable(logger, exception);
        return ScimError.Unavailable("The database does not answer at the moment; try again.");
    }

    [LoggerMessage(
        EventId = 2001,
        EventName = "DatabaseUnavailable",
        Level = LogLevel.Warning,
        Message = "The database does not answer"
    )]
    private static partial void LogUnavailable(ILogger logger, Exception exception);
}
