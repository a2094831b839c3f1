using System.Data.Common;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Journal;

namespace Scim.Infrastructure.Persistence.Jobs;

internal sealed class JobStore(IDatabase database, RequestContext request, TimeProvider clock) : IJobStore
{
    private const int RecoveryLimit = 100;

    private const string EndAttempt = """
        update jobs
           set state = @state, run_after = @runAfter, attempts = @attempts, result = @result, error = @error,
               finished_at = @finishedAt, lease_owner = null, lease_until = null
         where tenant_id = @tenant and id = @id and fence = @fence and state = @expected
        """;

    private const string Select = $"select {JobRow.Columns} from jobs where id = @id";

    private readonly string _claimAfter = Claim(database.Dialect, ">");
    private readonly string _claimFrom = Claim(database.Dialect, ">=");
    private readonly string _extend = $"""
        update jobs set lease_until = {database.Dialect.SecondsFromNow("@seconds")}
         where tenant_id = @tenant and id = @id and fence = @fence and state = 'running'
        """;
    private readonly string _expired = $"""
        select {JobRow.Columns} from jobs where state = 'running' and lease_until < {database.Dialect.Now}
         order by lease_until limit @limit {database.Dialect.ForUpdateSkipLocked}
        """;
    private readonly string _due = $"""
        select type as Type, count(*) as Count, min(run_after) as OldestDue
          from jobs where state = 'waiting' and run_after <= {database.Dialect.Now} group by type
        """;

    static JobStore() => DapperTypes.Register();

    public async Task<Job?> ClaimAsync(
        string owner,
        TimeSpan lease,
        IReadOnlyCollection<string> types,
        TenantId after,
        CancellationToken cancellationToken
    ) =>
        await ClaimAsync(_claimAfter, owner, lease, types, after.Value, cancellationToken)
        // Round to the first, which is the installation.
        ?? await ClaimAsync(_claimFrom, owner, lease, types, Guid.Empty, cancellationToken);

    public async Task<bool> ExtendAsync(JobLease lease, TimeSpan extension, CancellationToken cancellationToken)
    {
        var parameters = new
        {
            tenant = lease.Tenant,
            id = lease.Job,
            fence = lease.Fence,
            seconds = extension.TotalSeconds,
        };
        return await database.WriteAsync(
                (connection, transaction) =>
                    connection.ExecuteAsync(
                        new CommandDefinition(_extend, parameters, transaction, cancellationToken: cancellationToken)
                    ),
                cancellationToken
            ) == 1;
    }

    public Task<bool> EndAttemptAsync(Job job, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (connection, transaction) => EndAttemptAsync(connection, transaction, job, cancellationToken),
            cancellationToken
        );

    public Task<IReadOnlyList<string>> RecoverAsync(Func<Job, Job> expire, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlyList<string>>(
            async (connection, transaction) =>
            {
                var rows = await connection.QueryAsync<JobRow>(
                    new CommandDefinition(
                        _expired,
                        new { limit = RecoveryLimit },
                        transaction,
                        cancellationToken: cancellationToken
                    )
                );
                var types = new List<string>();
                foreach (var row in rows.AsList())
                {
                    var job = expire(row.ToJob());
                    await EndAttemptAsync(connection, transaction, job, cancellationToken);
                    await AppendAsync(transaction, job, "job.lease.expire", "error", cancellationToken);
                    types.Add(job.Type);
                }

                return types;
            },
            cancellationToken
        );

    public async Task<IReadOnlyList<WaitingJobs>> CountDueAsync(CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async connection =>
                (
                    await connection.QueryAsync<WaitingJobs>(
                        new CommandDefinition(_due, cancellationToken: cancellationToken)
                    )
                ).AsList(),
            cancellationToken
        );

    public Task<int> EnqueueAsync(IReadOnlyList<Job> jobs, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (_, transaction) =>
            {
                var opened = 0;
                foreach (var job in jobs)
                {
                    opened += await transaction.EnqueueAsync(job, cancellationToken) ? 1 : 0;
                }

                return opened;
            },
            cancellationToken
        );

    public async Task<Job?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        var row = await database.ReadAsync(
            connection =>
                connection.QuerySingleOrDefaultAsync<JobRow>(
                    new CommandDefinition(Select, new { id }, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return row?.ToJob();
    }

    public async Task RetryAsync(Job job, CancellationToken cancellationToken)
    {
        try
        {
            await database.WriteAsync(
                async (connection, transaction) =>
                {
                    if (await UpdateAsync(connection, transaction, job, JobState.Dead, cancellationToken) == 0)
                    {
                        throw ScimError.Conflict("The job is no longer dead.");
                    }

                    await AppendAsync(transaction, job, "job.retry", "success", cancellationToken);
                    return true;
                },
                cancellationToken
            );
        }
        catch (UniqueViolationException)
        {
            throw ScimError.Conflict("A newer job of this type waits or runs already, and does the same.");
        }
    }

    private static string Claim(ISqlDialect dialect, string comparison) =>
        $"""
            update jobs
               set state = 'running', attempts = attempts + 1, fence = fence + 1, lease_owner = @owner,
                   lease_until = {dialect.SecondsFromNow("@seconds")}
             where (tenant_id, id) = (
                   select tenant_id, id from jobs
                    where state = 'waiting' and run_after <= {dialect.Now} and tenant_id {comparison} @after and {dialect.AnyOf(
                "type",
                "@types"
            )}
                    order by tenant_id, priority desc, run_after, id limit 1 {dialect.ForUpdateSkipLocked})
            returning {JobRow.Columns}
            """;

    private async Task<Job?> ClaimAsync(
        string sql,
        string owner,
        TimeSpan lease,
        IReadOnlyCollection<string> types,
        Guid after,
        CancellationToken cancellationToken
    )
    {
        var parameters = new
        {
            owner,
            seconds = lease.TotalSeconds,
            types = types.ToArray(),
            after,
        };
        var row = await database.WriteAsync(
            (connection, transaction) =>
                connection.QuerySingleOrDefaultAsync<JobRow>(
                    new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return row?.ToJob();
    }

    private async Task<bool> EndAttemptAsync(
        DbConnection connection,
        DbTransaction transaction,
        Job job,
        CancellationToken cancellationToken
    )
    {
        if (await UpdateAsync(connection, transaction, job, JobState.Running, cancellationToken) == 0)
        {
            return false;
        }

        if (job.State == JobState.Dead)
        {
            await AppendAsync(transaction, job, "job.die", "error", cancellationToken);
        }

        return true;
    }

    private static Task<int> UpdateAsync(
        DbConnection connection,
        DbTransaction transaction,
        Job job,
        JobState expected,
        CancellationToken cancellationToken
    ) =>
        connection.ExecuteAsync(
            new CommandDefinition(
                EndAttempt,
                new
                {
                    state = JobRow.Text(job.State),
                    runAfter = job.RunAfter,
                    attempts = job.Attempts,
                    result = job.Result,
                    error = job.Error,
                    finishedAt = job.FinishedAt,
                    tenant = job.Tenant,
                    id = job.Id,
                    fence = job.Fence,
                    expected = JobRow.Text(expected),
                },
                transaction,
                cancellationToken: cancellationToken
            )
        );

    private Task AppendAsync(
        DbTransaction transaction,
        Job job,
        string operation,
        string outcome,
        CancellationToken cancellationToken
    ) =>
        transaction.AppendJournalAsync(
            job.Tenant,
            request.Actor,
            request.RequestId,
            clock.Now(),
            new JournalEntry(operation, "Job", job.Id.ToString("D"), outcome, Detail: job.Type),
            cancellationToken
        );
}
