using FluentValidation;
using Scim.Application.Common;
using Scim.Domain.Jobs;

namespace Scim.Application.Jobs;

/// <summary>The newest jobs first; of one tenant or all, in one state or all.</summary>
public sealed record ListJobs(string? TenantSlug = null, JobState? State = null, int Limit = 100)
    : IQuery<IReadOnlyList<ListedJob>>;

public sealed record ListedJob(
    Guid Id,
    string TenantSlug,
    string Type,
    JobState State,
    int Attempts,
    long Progress,
    DateTimeOffset RunAfter,
    string? LeaseOwner,
    DateTimeOffset? LeaseUntil,
    string? Result,
    string? Error,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt
);

internal sealed class ListJobsValidator : AbstractValidator<ListJobs>
{
    public ListJobsValidator() => RuleFor(x => x.Limit).InclusiveBetween(1, 1000);
}
