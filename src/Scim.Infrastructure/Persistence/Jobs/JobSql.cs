using System.Data.Common;
using Dapper;
using Scim.Application.Jobs;
using Scim.Domain.Jobs;

namespace Scim.Infrastructure.Persistence.Jobs;

/// <summary>What others do with jobs inside <see cref="IDatabase.WriteAsync"/>: open one, and fence what one writes.</summary>
internal static class JobSql
{
    private const string Insert = """
        insert into jobs (tenant_id, id, type, occurrence, payload, priority, state, run_after, attempts, fence, progress, created_at)
        values (@Tenant, @Id, @Type, @Occurrence, @Payload, @Priority, 'waiting', @RunAfter, 0, 0, 0, @CreatedAt)
        on conflict do nothing
        """;

    private const string Advance = """
        update jobs set progress = progress + @items
         where tenant_id = @tenant and id = @id and fence = @fence and state = 'running'
        """;

    static JobSql() => DapperTypes.Register();

    /// <summary>The job is there when the transaction commits. False when its occurrence, or an open job in its place, is known.</summary>
    public static async Task<bool> EnqueueAsync(
        this DbTransaction transaction,
        Job job,
        CancellationToken cancellationToken
    ) =>
        await transaction.Connection!.ExecuteAsync(
            new CommandDefinition(Insert, job, transaction, cancellationToken: cancellationToken)
        ) == 1;

    /// <summary>
    /// In the transaction of an effect: counts it as progress, and holds the job's row so that nobody takes the job over
    /// before the commit.
    /// </summary>
    /// <exception cref="LeaseLostException">The lease is lost; the transaction must not commit.</exception>
    public static async Task FenceAsync(
        this DbTransaction transaction,
        JobLease lease,
        long items,
        CancellationToken cancellationToken
    )
    {
        var parameters = new
        {
            items,
            tenant = lease.Tenant,
            id = lease.Job,
            fence = lease.Fence,
        };
        var held = await transaction.Connection!.ExecuteAsync(
            new CommandDefinition(Advance, parameters, transaction, cancellationToken: cancellationToken)
        );
        if (held == 0)
        {
            throw new LeaseLostException(lease);
        }
    }
}
