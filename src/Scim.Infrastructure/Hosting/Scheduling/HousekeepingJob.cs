using MediatR;
using Quartz;
using Scim.Application.Common;
using Scim.Application.Tenants;

namespace Scim.Infrastructure.Hosting.Scheduling;

/// <summary>Removes what nobody needs any more.</summary>
[DisallowConcurrentExecution]
internal sealed class HousekeepingJob(IMediator mediator, RequestContext request) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        request.ActAs("job:housekeeping", tenant: null);
        request.RequestId = context.FireInstanceId;
        await mediator.Send(new PruneDeviations(), cancellationToken);
    }
}
