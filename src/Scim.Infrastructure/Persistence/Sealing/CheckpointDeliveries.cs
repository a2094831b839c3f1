using Dapper;
using Scim.Application.Audit;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Jobs;

namespace Scim.Infrastructure.Persistence.Sealing;

internal sealed class CheckpointDeliveries(IDatabase database, ICheckpoints checkpoints) : ICheckpointDeliveries
{
    private const string SelectLags = """
        select l.tenant_id as TenantId, l.delivered as Delivered, l.oldest as Oldest
          from (select t.id as tenant_id, coalesce(d.number, 0) as delivered,
                       (select c.made_at from journal_checkpoints c
                         where c.tenant_id = t.id and c.number > coalesce(d.number, 0) order by c.number limit 1) as oldest
                  from (select id from tenants union all select @Installation) t
                  left join journal_checkpoint_deliveries d on d.tenant_id = t.id and d.receiver = @receiver) l
         where l.oldest is not null order by l.oldest, l.tenant_id
        """;

    private const string SelectDelivered = """
        select coalesce(max(number), 0) from journal_checkpoint_deliveries
         where tenant_id = @tenant and receiver = @receiver
        """;

    private const string Advance = """
        insert into journal_checkpoint_deliveries (tenant_id, receiver, number, delivered_at)
        values (@tenant, @receiver, @number, @now)
        on conflict (tenant_id) do update
           set receiver = excluded.receiver, number = excluded.number, delivered_at = excluded.delivered_at
        """;

    static CheckpointDeliveries() => DapperTypes.Register();

    public async Task<IReadOnlyList<CheckpointLag>> ListLagsAsync(CancellationToken cancellationToken)
    {
        if (checkpoints.Receiver is not { } receiver)
        {
            return [];
        }

        var command = new CommandDefinition(
            SelectLags,
            new { receiver, TenantId.Installation },
            cancellationToken: cancellationToken
        );
        var rows = await database.ReadAsync(connection => connection.QueryAsync<LagRow>(command), cancellationToken);
        return [.. rows.Select(row => new CheckpointLag(new TenantId(row.TenantId), row.Delivered, row.Oldest))];
    }

    public async Task<long?> FindAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        if (checkpoints.Receiver is not { } receiver)
        {
            return null;
        }

        var command = new CommandDefinition(
            SelectDelivered,
            new { tenant, receiver },
            cancellationToken: cancellationToken
        );
        return await database.ReadAsync(connection => connection.QuerySingleAsync<long>(command), cancellationToken);
    }

    public Task AdvanceAsync(
        JobLease lease,
        TenantId tenant,
        long number,
        int count,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                await transaction.FenceAsync(lease, count, cancellationToken);
                var parameters = new
                {
                    tenant,
                    receiver = checkpoints.Receiver,
                    number,
                    now,
                };
                return await connection.ExecuteAsync(
                    new CommandDefinition(Advance, parameters, transaction, cancellationToken: cancellationToken)
                );
            },
            cancellationToken
        );

    private sealed class LagRow
    {
        public Guid TenantId { get; init; }

        public long Delivered { get; init; }

        public DateTimeOffset Oldest { get; init; }
    }
}
