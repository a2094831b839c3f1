using System.Text.Json;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;

namespace Scim.Application.Retention;

/// <summary>Forgets what a tenant, or the installation, need not keep any longer, as a job. Answers how much it forgot, as JSON.</summary>
public sealed record PruneTenant(JobLease Lease) : ICommand<string?>
{
    public const string JobType = "retention.prune";
}

/// <summary>For how long things are kept; changes without an age for ever.</summary>
public sealed record RetentionPolicy(TimeSpan? Changes, TimeSpan Deviations, TimeSpan SucceededJobs, TimeSpan DeadJobs);

internal sealed class PruneTenantHandler(IRetentionStore store, RetentionPolicy policy, TimeProvider clock)
    : IRequestHandler<PruneTenant, string?>
{
    public async Task<string?> Handle(PruneTenant request, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var deviations = await RepeatAsync(() =>
            store.PruneDeviationsAsync(request.Lease, now - policy.Deviations, cancellationToken)
        );
        var jobs = await RepeatAsync(() =>
            store.PruneJobsAsync(request.Lease, now - policy.SucceededJobs, now - policy.DeadJobs, cancellationToken)
        );
        var changes = policy.Changes is { } kept
            ? await RepeatAsync(() => store.EraseChangesAsync(request.Lease, now - kept, cancellationToken))
            : 0;
        var signIns =
            request.Lease.Tenant == TenantId.Installation
                // Whoever comes back within a day is still told that the session ended, and why.
                ? await store.PruneSignInsAsync(request.Lease, now.AddDays(-1), cancellationToken)
                : 0;
        var keptAnswers =
            request.Lease.Tenant == TenantId.Installation
                ? await store.PruneKeptAnswersAsync(request.Lease, now, cancellationToken)
                : 0;
        return JsonSerializer.Serialize(
            new
            {
                deviations,
                jobs,
                changes,
                signIns,
                keptAnswers,
            }
        );
    }

    private static async Task<long> RepeatAsync(Func<Task<int>> step)
    {
        var total = 0L;
        while (await step() is > 0 and var pruned)
        {
            total += pruned;
        }

        return total;
    }
}

/// <summary>Removes a bounded number of a tenant's rows, in one transaction under the job's fence; returns how many, 0 at the end.</summary>
public interface IRetentionStore
{
    Task<int> PruneDeviationsAsync(JobLease lease, DateTimeOffset lastSeenBefore, CancellationToken cancellationToken);

    Task<int> PruneJobsAsync(
        JobLease lease,
        DateTimeOffset succeededBefore,
        DateTimeOffset diedBefore,
        CancellationToken cancellationToken
    );

    /// <summary>The installation's own: sessions that ended by themselves, and failures of sign-in that delay nobody any more.</summary>
    Task<int> PruneSignInsAsync(JobLease lease, DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>The installation's own: answers that were kept for repeats of requests, and are past their day.</summary>
    Task<int> PruneKeptAnswersAsync(JobLease lease, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Erases what journalled changes were, beginning with the oldest; the facts stay. Each transaction that erases is itself journalled.
    /// </summary>
    Task<int> EraseChangesAsync(JobLease lease, DateTimeOffset madeBefore, CancellationToken cancellationToken);
}
