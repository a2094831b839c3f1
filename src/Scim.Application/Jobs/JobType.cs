using Scim.Application.Common;
using Scim.Domain.Jobs;

namespace Scim.Application.Jobs;

/// <summary>A kind of job that a worker knows: which command does it. The command's answer is kept as the job's result.</summary>
public sealed record JobType(string Name, Func<Job, ICommand<string?>> Command);

/// <summary>The lease ended and the job may be another worker's: nothing of what was attempted is kept.</summary>
public sealed class LeaseLostException(JobLease lease)
    : Exception($"The lease of job {lease.Job:D} with fence {lease.Fence} is lost.");
