using System.Data.Common;
using Microsoft.Data.Sqlite;
using Scim.Infrastructure.Persistence.Dialects;

namespace Scim.Infrastructure.Persistence;

internal sealed class SqliteDatabase(SqliteConnections connections, DatabaseFaults faults) : IDatabase
{
    public ISqlDialect Dialect => SqliteDialect.Instance;

    public async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await connections.ReadAsync(link => new ValueTask<T>(work(link.Connection)), cancellationToken);
        }
        catch (SqliteException exception) when (faults.Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    public Task<T> EraseAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> work,
        CancellationToken cancellationToken
    ) => WriteAsync(work, cancellationToken);

    public Task<T> EraseAsync<T>(DbTransaction transaction, Func<DbConnection, DbTransaction, Task<T>> work) =>
        work(transaction.Connection!, transaction);

    public async Task<T> WriteAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await connections.Writer.RunAloneAsync(
                async link =>
                {
                    await using var transaction = link.Connection.BeginTransaction(deferred: false);
                    var result = await work(link.Connection, transaction);
                    await transaction.CommitAsync(CancellationToken.None);
                    return result;
                },
                cancellationToken
            );
        }
        catch (SqliteException exception) when (faults.Translate(exception) is { } translated)
        {
            throw translated;
        }
    }
}
