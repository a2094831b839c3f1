using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace Scim.Infrastructure.Hosting.Scheduling;

/// <summary>Starts the scheduler once the schema is current, and lets what fires end when the host stops.</summary>
internal sealed partial class SchedulerService(
    ISchedulerFactory schedulers,
    CurrentSchema schema,
    ILogger<SchedulerService> logger
) : BackgroundService
{
    private IScheduler? _scheduler;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_scheduler is not null)
        {
            await _scheduler.Shutdown(waitForJobsToComplete: true, cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schema.WaitAsync(stoppingToken);
        _scheduler = await schedulers.GetScheduler(stoppingToken);
        await _scheduler.Start(stoppingToken);
        Started();
    }

    [LoggerMessage(1, LogLevel.Information, "The scheduler runs", EventName = "scheduler-started")]
    private partial void Started();
}
