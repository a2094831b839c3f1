using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence;

/// <summary>
/// The only way to tenant-owned tables: bound to the tenant of the request, never to one passed in. One per request,
/// not for use by two tasks at once.
/// </summary>
internal interface ITenantSession
{
    ISqlDialect Dialect { get; }

    TenantId Tenant { get; }

    bool InTransaction { get; }

    /// <summary>The row of each striped counter that this session's writes take (<see cref="Stripes"/>).</summary>
    int Stripe { get; }

    /// <summary>Statements that return rows, in one round trip.</summary>
    Task<T> QueryAsync<T>(
        IReadOnlyList<Statement> statements,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    );

    /// <summary>The same, also in one round trip, with all statements on one snapshot, which lasts while the callback streams.</summary>
    Task<T> SnapshotAsync<T>(
        IReadOnlyList<Statement> statements,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    );

    /// <summary>Everything the work reads through this session is of one snapshot. Not for writes, unless in a transaction already.</summary>
    Task<T> SnapshotAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken);

    /// <summary>The rows that the head affected; 0 means that nothing happened.</summary>
    Task<int> ApplyAsync(Mutation mutation, CancellationToken cancellationToken);

    /// <summary>The same, and then a query that sees what it did, in one round trip.</summary>
    Task<(int Affected, T Result)> ApplyAsync<T>(
        Mutation mutation,
        Statement after,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Everything the work does through this session is one transaction. A nested call is a savepoint, rolled back when
    /// its work throws. On SQLite the work has the writer to itself.
    /// </summary>
    Task<T> TransactionAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken);

    /// <summary>The rows affected.</summary>
    Task<int> ExecuteAsync(Statement statement, CancellationToken cancellationToken);
}
