using MediatR;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Domain.Tenants;

namespace Scim.Application.Audit;

/// <summary>Opens a sealing job for every tenant whose journal has grown, and for the installation. Returns how many were opened.</summary>
public sealed record ScheduleSealing(TimeSpan Interval) : ICommand<int>;

internal sealed class ScheduleSealingHandler(ISealStore seals, IMediator mediator)
    : IRequestHandler<ScheduleSealing, int>
{
    private const int PageSize = 500;

    public async Task<int> Handle(ScheduleSealing request, CancellationToken cancellationToken)
    {
        var opened = 0;
        var before = new TenantId(Guid.AllBitsSet);
        while (await seals.ListUnsealedAsync(before, PageSize, cancellationToken) is { Count: > 0 } tenants)
        {
            before = tenants[^1];
            opened += await mediator.Send(
                new OpenJobs(SealJournal.JobType, request.Interval, tenants),
                cancellationToken
            );
        }

        return opened;
    }
}
