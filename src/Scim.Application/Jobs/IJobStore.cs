using Scim.Domain.Jobs;
using Scim.Domain.Tenants;

namespace Scim.Application.Jobs;

/// <summary>The jobs of all tenants. Leases are measured by the database's clock, so workers' clocks need not agree.</summary>
public interface IJobStore
{
    /// <summary>
    /// One due job of these types, leased to the owner: that of the next tenant after the one named, so that whoever asks
    /// again and again serves all tenants in turn. Null when nothing is due.
    /// </summary>
    Task<Job?> ClaimAsync(
        string owner,
        TimeSpan lease,
        IReadOnlyCollection<string> types,
        TenantId after,
        CancellationToken cancellationToken
    );

    /// <summary>False when the lease is lost.</summary>
    Task<bool> ExtendAsync(JobLease lease, TimeSpan extension, CancellationToken cancellationToken);

    /// <summary>Ends the attempt of a running job; false when the lease is lost. A job that died is journalled.</summary>
    Task<bool> EndAttemptAsync(Job job, CancellationToken cancellationToken);

    /// <summary>
    /// Ends attempts whose leases ran out, as <paramref name="expire"/> says; journalled. Returns the types of their jobs.
    /// </summary>
    Task<IReadOnlyList<string>> RecoverAsync(Func<Job, Job> expire, CancellationToken cancellationToken);

    Task<IReadOnlyList<WaitingJobs>> CountDueAsync(CancellationToken cancellationToken);

    /// <summary>Opens a job for each tenant that has none open of this type and occurrence; returns how many.</summary>
    Task<int> EnqueueAsync(IReadOnlyList<Job> jobs, CancellationToken cancellationToken);

    Task<Job?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Journalled as an act on the tenant. Refuses with 409 when the job is no longer dead, or another took its place.</summary>
    Task RetryAsync(Job job, CancellationToken cancellationToken);
}

/// <summary>The due jobs of one type.</summary>
public sealed record WaitingJobs
{
    public required string Type { get; init; }

    public required long Count { get; init; }

    public required DateTimeOffset OldestDue { get; init; }
}
