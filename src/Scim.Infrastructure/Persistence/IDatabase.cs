using System.Data.Common;

namespace Scim.Infrastructure.Persistence;

/// <summary>
/// Cross-tenant work (tenants, clients, tokens, epoch, housekeeping) on the control role. Tenant-owned resources go
/// through <see cref="ITenantSession"/> instead. Dapper runs on the connection handed in.
/// </summary>
internal interface IDatabase
{
    ISqlDialect Dialect { get; }

    /// <summary>One read on a pooled connection.</summary>
    Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>One transaction; committed when the work returns, rolled back when it throws. Serialised with all writers on SQLite.</summary>
    Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>The same under the only role that may delete what journalled changes were, and may do little else.</summary>
    Task<T> EraseAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>The part of a transaction of the control role that only that role may do.</summary>
    Task<T> EraseAsync<T>(DbTransaction transaction, Func<DbConnection, DbTransaction, Task<T>> work);
}
