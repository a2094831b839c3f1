using System.Globalization;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;

namespace Scim.Application.Jobs;

/// <summary>
/// Opens a job of the type for each of the tenants, for the firing of a schedule that falls into the present interval:
/// however many replicas fire, there is one. Returns how many were opened.
/// </summary>
public sealed record OpenJobs(string Type, TimeSpan Interval, IReadOnlyList<TenantId> Tenants) : ICommand<int>;

internal sealed class OpenJobsHandler(IJobStore jobs, TimeProvider clock) : IRequestHandler<OpenJobs, int>
{
    public Task<int> Handle(OpenJobs request, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var firing = now.AddTicks(-(now.Ticks % request.Interval.Ticks));
        var occurrence = firing.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        return jobs.EnqueueAsync(
            [.. request.Tenants.Select(tenant => Job.Create(tenant, request.Type, now, occurrence))],
            cancellationToken
        );
    }
}
