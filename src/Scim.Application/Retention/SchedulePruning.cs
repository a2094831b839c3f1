using MediatR;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;

namespace Scim.Application.Retention;

/// <summary>Opens a pruning job for every tenant and for the installation. Returns how many were opened.</summary>
public sealed record SchedulePruning(TimeSpan Interval) : ICommand<int>;

internal sealed class SchedulePruningHandler(IMediator mediator) : IRequestHandler<SchedulePruning, int>
{
    public async Task<int> Handle(SchedulePruning request, CancellationToken cancellationToken)
    {
        var opened = await mediator.Send(
            new OpenJobs(PruneTenant.JobType, request.Interval, [TenantId.Installation]),
            cancellationToken
        );
        var after = "";
        while (await mediator.Send(new ListTenants(after), cancellationToken) is { Count: > 0 } tenants)
        {
            after = tenants[^1].Slug;
            opened += await mediator.Send(
                new OpenJobs(PruneTenant.JobType, request.Interval, [.. tenants.Select(tenant => tenant.Id)]),
                cancellationToken
            );
        }

        return opened;
    }
}
