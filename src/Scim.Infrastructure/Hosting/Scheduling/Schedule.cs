using MediatR;
using Quartz;
using Scim.Application.Common;

namespace Scim.Infrastructure.Hosting.Scheduling;

/// <summary>How often a command is sent that opens jobs. Schedules fire; the work is that of the jobs.</summary>
internal sealed record Schedule(string Name, TimeSpan Interval, Func<TimeSpan, ICommand<int>> Command);

/// <summary>One firing: it opens jobs and does nothing else.</summary>
[DisallowConcurrentExecution]
internal sealed class ScheduledCommand(IMediator mediator, RequestContext request, IEnumerable<Schedule> schedules)
    : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var schedule = schedules.Single(schedule => schedule.Name == context.Trigger.Key.Name);
        request.ActAs($"schedule:{schedule.Name}", tenant: null);
        request.RequestId = context.FireInstanceId;
        await mediator.Send(schedule.Command(schedule.Interval), cancellationToken);
    }
}
