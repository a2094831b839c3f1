using System.Data.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Dialects;

namespace Scim.Integration.Tests.Security;

/// <summary>The real database, with its reads counted and a switch that takes it away.</summary>
internal sealed class ObservedDatabase(IDatabase database) : IDatabase
{
    private int _reads;

    public bool Away { get; set; }

    public int Reads => Volatile.Read(ref _reads);

    public ISqlDialect Dialect => database.Dialect;

    public Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return Away ? Missing<T>() : database.ReadAsync(work, cancellationToken);
    }

    public Task<T> WriteAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> work,
        CancellationToken cancellationToken
    ) => Away ? Missing<T>() : database.WriteAsync(work, cancellationToken);

    public Task<T> EraseAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> work,
        CancellationToken cancellationToken
    ) => Away ? Missing<T>() : database.EraseAsync(work, cancellationToken);

    public Task<T> EraseAsync<T>(DbTransaction transaction, Func<DbConnection, DbTransaction, Task<T>> work) =>
        Away ? Missing<T>() : database.EraseAsync(transaction, work);

    private static Task<T> Missing<T>() => Task.FromException<T>(ScimError.Unavailable("The database is away."));
}
