using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Domain.Jobs;

public enum JobState
{
    Waiting,
    Running,
    Succeeded,

    /// <summary>Failed for the last time; only an operator starts it again.</summary>
    Dead,
}

/// <summary>
/// What entitles one worker to one attempt at a job. The fence grows with every attempt, so a worker that lost its lease
/// holds an old one, and the database refuses its effects.
/// </summary>
public sealed record JobLease(TenantId Tenant, Guid Job, long Fence);

/// <summary>Work that is done apart from the request that asked for it: at least once, with effects that are fenced.</summary>
public sealed record Job
{
    public const int MaxErrorLength = 500;

    public required TenantId Tenant { get; init; }

    public required Guid Id { get; init; }

    public required string Type { get; init; }

    /// <summary>Which firing of a schedule it is: a tenant has one job of a type for each, and one that is open.</summary>
    public string? Occurrence { get; init; }

    public string Payload { get; init; } = "{}";

    /// <summary>Among the jobs of a tenant the higher one goes first.</summary>
    public int Priority { get; init; }

    public JobState State { get; init; }

    public required DateTimeOffset RunAfter { get; init; }

    public int Attempts { get; init; }

    public long Fence { get; init; }

    /// <summary>Items done so far, over all attempts.</summary>
    public long Progress { get; init; }

    public string? Result { get; init; }

    public string? Error { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public JobLease Lease => new(Tenant, Id, Fence);

    public static Job Create(TenantId tenant, string type, DateTimeOffset now, string? occurrence = null) =>
        new()
        {
            Tenant = tenant,
            Id = Guid.CreateVersion7(now),
            Type = type,
            Occurrence = occurrence,
            RunAfter = now,
            CreatedAt = now,
        };

    public Job Succeed(string? result, DateTimeOffset now) =>
        Running() with
        {
            State = JobState.Succeeded,
            Result = result,
            Error = null,
            FinishedAt = now,
        };

    /// <summary>Waits for its next attempt, or is dead when it had them all.</summary>
    /// <param name="chance">From 0 to 1: where in the range of the delay it falls.</param>
    public Job Fail(string error, DateTimeOffset now, RetryPolicy policy, double chance)
    {
        var failed = Running() with { Error = error.Length <= MaxErrorLength ? error : error[..MaxErrorLength] };
        return Attempts < policy.MaxAttempts
            ? failed with
            {
                State = JobState.Waiting,
                RunAfter = now + policy.DelayAfter(Attempts, chance),
            }
            : failed with
            {
                State = JobState.Dead,
                FinishedAt = now,
            };
    }

    /// <summary>The worker stops before the job is done: that attempt does not count.</summary>
    public Job GiveBack(DateTimeOffset now) =>
        Running() with
        {
            State = JobState.Waiting,
            Attempts = Attempts - 1,
            RunAfter = now,
        };

    /// <summary>An operator starts a dead job again, with all its attempts.</summary>
    public Job Retry(DateTimeOffset now) =>
        State == JobState.Dead
            ? this with
            {
                State = JobState.Waiting,
                Attempts = 0,
                RunAfter = now,
                FinishedAt = null,
            }
            : throw ScimError.Conflict("Only a dead job can be retried; this one waits, runs or is done.");

    private Job Running() =>
        State == JobState.Running ? this : throw new InvalidOperationException($"The job is {State}, not running.");
}
