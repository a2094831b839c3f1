using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;
using Scim.Infrastructure.Persistence;

namespace Scim.Infrastructure.Hosting.Scheduling;

/// <summary>
/// Starts the scheduler once the schema is current, because a worker migrates nothing, and lets running jobs end when
/// the host stops.
/// </summary>
internal sealed partial class SchedulerService(
    ISchedulerFactory schedulers,
    IMigrations migrations,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<SchedulerService> logger
) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

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
        // Not before the host is up: a start that fails must not leave jobs behind.
        while (!lifetime.ApplicationStarted.IsCancellationRequested || !await IsCurrentAsync(stoppingToken))
        {
            await Task.Delay(Pause, clock, stoppingToken);
        }

        _scheduler = await schedulers.GetScheduler(stoppingToken);
        await _scheduler.Start(stoppingToken);
        Started();
    }

    private async Task<bool> IsCurrentAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await migrations.CountPendingAsync(cancellationToken) == 0;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Waiting(exception);
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The scheduler runs", EventName = "scheduler-started")]
    private partial void Started();

    [LoggerMessage(2, LogLevel.Warning, "The scheduler waits for the database", EventName = "scheduler-waiting")]
    private partial void Waiting(Exception exception);
}
