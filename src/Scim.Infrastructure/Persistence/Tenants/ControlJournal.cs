using System.Data.Common;
using Dapper;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

/// <summary>
/// One act on the configuration: a transaction that moves the epoch and appends to the journal of the tenant concerned.
/// The details hold no personal data, so they stand in the row itself.
/// </summary>
internal sealed class ControlJournal(IDatabase database, RequestContext context)
{
    // First in each transaction: the row's lock makes acts take turns, so what they read afterwards stays true.
    private const string MoveEpoch = "update configuration_epoch set value = value + 1 where id = 1";

    private const string Insert = """
        insert into journal (tenant_id, epoch, occurred_at, actor, request_id, operation, resource_type, resource_id,
                             outcome, detail)
        values (@tenantId, (select max(epoch) from journal_epochs), @now, @actor, @requestId, @operation,
                @resourceType, @resourceId, 'success', @detail)
        """;

    static ControlJournal() => DapperTypes.Register();

    public Task<T> ActAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync(MoveEpoch, transaction: transaction);
                return await work(connection, transaction);
            },
            cancellationToken
        );

    public Task AppendAsync(
        DbTransaction transaction,
        TenantId tenant,
        DateTimeOffset now,
        string operation,
        string resourceType,
        string resourceId,
        string detail
    ) =>
        transaction.Connection!.ExecuteAsync(
            Insert,
            new
            {
                tenantId = tenant.Value,
                now,
                actor = context.Actor,
                requestId = context.RequestId,
                operation,
                resourceType,
                resourceId,
                detail,
            },
            transaction
        );
}
