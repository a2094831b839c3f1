using System.Data.Common;
using System.Text.Json;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Retention;
using Scim.Domain.Jobs;
using Scim.Infrastructure.Persistence.Idempotency;
using Scim.Infrastructure.Persistence.Jobs;
using Scim.Infrastructure.Persistence.Journal;
using Scim.Infrastructure.Persistence.Operators;

namespace Scim.Infrastructure.Persistence.Retention;

internal sealed class RetentionStore(IDatabase database, RequestContext request, TimeProvider clock) : IRetentionStore
{
    private const int Batch = 500;

    private const string Deviations = """
        delete from client_deviations
         where tenant_id = @tenant and (client_id, kind) in (
               select client_id, kind from client_deviations
                where tenant_id = @tenant and last_seen < @lastSeenBefore limit @limit)
        """;

    private const string Jobs = """
        delete from jobs
         where tenant_id = @tenant and id in (
               select id from jobs
                where tenant_id = @tenant
                  and (state = 'succeeded' and finished_at < @succeededBefore or state = 'dead' and finished_at < @diedBefore)
                limit @limit)
        """;

    // Sequences grow with time, nearly: what is old is among the first that are left.
    private const string OldestChanges = """
        select c.sequence as Sequence, j.occurred_at as OccurredAt
          from journal_changes c join journal j on j.tenant_id = c.tenant_id and j.sequence = c.sequence
         where c.tenant_id = @tenant order by c.sequence limit @limit
        """;

    private readonly string _eraseChanges =
        $"delete from journal_changes where tenant_id = @tenant and {database.Dialect.AnyOf("sequence", "@sequences")}";

    static RetentionStore() => DapperTypes.Register();

    public Task<int> PruneDeviationsAsync(
        JobLease lease,
        DateTimeOffset lastSeenBefore,
        CancellationToken cancellationToken
    ) =>
        PruneAsync(
            Deviations,
            lease,
            new
            {
                tenant = lease.Tenant,
                lastSeenBefore,
                limit = Batch,
            },
            cancellationToken
        );

    public Task<int> PruneJobsAsync(
        JobLease lease,
        DateTimeOffset succeededBefore,
        DateTimeOffset diedBefore,
        CancellationToken cancellationToken
    ) =>
        PruneAsync(
            Jobs,
            lease,
            new
            {
                tenant = lease.Tenant,
                succeededBefore,
                diedBefore,
                limit = Batch,
            },
            cancellationToken
        );

    public Task<int> PruneSignInsAsync(JobLease lease, DateTimeOffset before, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                var sessions = await connection.ExecuteAsync(
                    Command(SessionStore.DeleteExpired, new { before }, transaction, cancellationToken)
                );
                var failures = await connection.ExecuteAsync(
                    Command(SignInThrottle.DeleteForgotten, new { before }, transaction, cancellationToken)
                );
                await transaction.FenceAsync(lease, sessions + failures, cancellationToken);
                return sessions + failures;
            },
            cancellationToken
        );

    public Task<int> PruneKeptAnswersAsync(JobLease lease, DateTimeOffset now, CancellationToken cancellationToken) =>
        PruneAsync(KeptAnswers.DeleteExpired, lease, new { now }, cancellationToken);

    public Task<int> EraseChangesAsync(
        JobLease lease,
        DateTimeOffset madeBefore,
        CancellationToken cancellationToken
    ) =>
        database.EraseAsync(
            async (connection, transaction) =>
            {
                var tenant = lease.Tenant;
                var oldest = await connection.QueryAsync<Change>(
                    Command(OldestChanges, new { tenant, limit = Batch }, transaction, cancellationToken)
                );
                var sequences = oldest
                    .Where(change => change.OccurredAt < madeBefore)
                    .Select(change => change.Sequence)
                    .ToArray();
                await transaction.FenceAsync(lease, sequences.Length, cancellationToken);
                if (sequences.Length == 0)
                {
                    return 0;
                }

                var erased = await connection.ExecuteAsync(
                    Command(_eraseChanges, new { tenant, sequences }, transaction, cancellationToken)
                );
                await transaction.AppendJournalAsync(
                    tenant,
                    request.Actor,
                    request.RequestId,
                    clock.Now(),
                    new JournalEntry(
                        "journal.erase",
                        null,
                        null,
                        Detail: JsonSerializer.Serialize(new { madeBefore, changes = erased })
                    ),
                    cancellationToken
                );
                return erased;
            },
            cancellationToken
        );

    private Task<int> PruneAsync(string sql, JobLease lease, object parameters, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                var pruned = await connection.ExecuteAsync(Command(sql, parameters, transaction, cancellationToken));
                await transaction.FenceAsync(lease, pruned, cancellationToken);
                return pruned;
            },
            cancellationToken
        );

    private static CommandDefinition Command(
        string sql,
        object parameters,
        DbTransaction transaction,
        CancellationToken cancellationToken
    ) => new(sql, parameters, transaction, cancellationToken: cancellationToken);

    private sealed class Change
    {
        public long Sequence { get; init; }

        public DateTimeOffset OccurredAt { get; init; }
    }
}
