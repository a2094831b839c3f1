using System.Data.Common;
using Dapper;
using Scim.Application.Common;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Journal;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Persistence.Tenants;

/// <summary>
/// One act on the configuration: a transaction that moves the epoch and appends to the journal of the tenant concerned.
/// The details hold no personal data, so they stand in the row itself.
/// </summary>
internal sealed class ControlJournal(IDatabase database, ConfigurationEpoch epoch, RequestContext context)
{
    // First in each transaction: the row's lock makes acts take turns, so what they read afterwards stays true.
    private const string MoveEpoch = "update configuration_epoch set value = value + 1 where id = 1";

    static ControlJournal() => DapperTypes.Register();

    /// <summary>An act that is made of others: these join its transaction.</summary>
    private DbTransaction? _open;
    private bool _hasMoved;
    private bool _isHinted;

    public Task<T> ActAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        JoinAsync(
            async (connection, transaction) =>
            {
                if (!_hasMoved)
                {
                    await connection.ExecuteAsync(MoveEpoch, transaction: transaction);
                    _hasMoved = true;
                }

                return await work(connection, transaction);
            },
            cancellationToken
        );

    /// <summary>
    /// One transaction around whatever acts the work has; they take turns with others as of the first of them. What the database
    /// refuses is translated for who began the transaction, so an act that is joined catches none of it.
    /// </summary>
    public async Task<T> JoinAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        if (_open is { } open)
        {
            return await work(open.Connection!, open);
        }

        (_hasMoved, _isHinted) = (false, false);
        var result = await database.WriteAsync(
            async (connection, transaction) =>
            {
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
        if (_isHinted)
        {
            await epoch.HintAsync(cancellationToken);
        }

        return result;
    }

    /// <summary>Work of the role that erases; it joins as well.</summary>
    public Task<T> EraseAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> work,
        CancellationToken cancellationToken
    ) => _open is { } open ? database.EraseAsync(open, work) : database.EraseAsync(work, cancellationToken);

    /// <summary>Makes the act effective in this process as soon as it is committed, without waiting for the poll.</summary>
    public Task HintAsync(CancellationToken cancellationToken)
    {
        if (_open is null)
        {
            return epoch.HintAsync(cancellationToken);
        }

        _isHinted = true;
        return Task.CompletedTask;
    }

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
