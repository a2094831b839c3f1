using System.Data.Common;
using Dapper;
using Npgsql;
using Scim.Infrastructure.Persistence.Dialects;

namespace Scim.Infrastructure.Persistence;

internal sealed class PostgreSqlDatabase(PostgreSqlConnections connections, DatabaseFaults faults) : IDatabase
{
    private const string BecomeErasing = $"set local role {PostgreSqlConnections.ErasureRole}";
    private const string BecomeControl = $"set local role {PostgreSqlConnections.ControlRole}";

    public ISqlDialect Dialect => PostgreSqlDialect.Instance;

    public async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await connections.Control.OpenConnectionAsync(cancellationToken);
            return await work(connection);
        }
        catch (Exception exception) when (faults.Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    public Task<T> WriteAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> work,
        CancellationToken cancellationToken
    ) => WriteAsync(connections.Control, work, cancellationToken);

    public Task<T> EraseAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> work,
        CancellationToken cancellationToken
    ) => WriteAsync(connections.Erasure, work, cancellationToken);

    public async Task<T> EraseAsync<T>(DbTransaction transaction, Func<DbConnection, DbTransaction, Task<T>> work)
    {
        var connection = transaction.Connection!;
        await connection.ExecuteAsync(BecomeErasing, transaction: transaction);
        // A statement that fails ends the transaction, and the role with it.
        var result = await work(connection, transaction);
        await connection.ExecuteAsync(BecomeControl, transaction: transaction);
        return result;
    }

    private async Task<T> WriteAsync<T>(
        NpgsqlDataSource source,
        Func<DbConnection, DbTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var result = await work(connection, transaction);
            await transaction.CommitAsync(cancellationToken);
            return result;
        }
        catch (Exception exception) when (faults.Translate(exception) is { } translated)
        {
            throw translated;
        }
    }
}
