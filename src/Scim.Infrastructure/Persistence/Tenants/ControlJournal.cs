using System.Data.Common;
using Dapper;
using Scim.Application.Common;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Journal;

namespace Scim.Infrastructure.Persistence.Tenants;

/// <summary>
/// One act on the configuration: a transaction that moves the epoch and appends to the journal of the tenant concerned.
/// The details hold no personal data, so they stand in the row itself.
/// </summary>
internal sealed class ControlJournal(IDatabase database, RequestContext context)
{
    // First in each transaction: the row's lock makes acts take turns, so what they read afterwards stays true.
    private const string MoveEpoch = "update configuration_epoch set value = value + 1 where id = 1";

    static ControlJournal() => DapperTypes.Register();

    /// <summary>An act that is made of others: these join its transaction.</summary>
    private DbTransaction? _open;

    public Task<T> ActAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        _open is { } open
            ? work(open.Connection!, open)
            : database.WriteAsync(
                async (connection, transaction) =>
                {
                    await connection.ExecuteAsync(MoveEpoch, transaction: transaction);
                    _open = transaction;
                    try
                    {
                        return await work(connection, transaction);
                    }
                    finally
                    {
                        _open = null;
                    }
                },
                cancellationToken
            );

    /// <summary>
    /// A read that sees what the act has done so far. On another connection it would see less, and where all of them wait for
    /// an act, the act would wait for one of them.
    /// </summary>
    public Task<T> ReadAsync<T>(
        Func<DbConnection, DbTransaction?, Task<T>> work,
        CancellationToken cancellationToken
    ) =>
        _open is { } open
            ? work(open.Connection!, open)
            : database.ReadAsync(connection => work(connection, null), cancellationToken);

    public Task AppendAsync(
        DbTransaction transaction,
        TenantId tenant,
        DateTimeOffset now,
        string operation,
        string resourceType,
        string resourceId,
        string detail
    ) =>
        transaction.AppendJournalAsync(
            tenant,
            context.Actor,
            context.RequestId,
            now,
            new JournalEntry(operation, resourceType, resourceId, Detail: detail),
            CancellationToken.None
        );

    /// <summary>For what concerns no single tenant.</summary>
    public Task AppendAsync(DbTransaction transaction, DateTimeOffset now, JournalEntry entry) =>
        transaction.AppendJournalAsync(
            TenantId.Installation,
            context.Actor,
            context.RequestId,
            now,
            entry,
            CancellationToken.None
        );
}
