using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Quartz;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Application.Retention;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Hosting.Jobs;
using Scim.Infrastructure.Hosting.Readiness;
using Scim.Infrastructure.Hosting.Tenants;

namespace Scim.Infrastructure.Hosting.Scheduling;

public static class SchedulingRegistration
{
    /// <summary>What a worker does, in whichever host it runs: schedules open jobs, and the runner does them.</summary>
    public static void AddScheduling(this IServiceCollection services, IConfiguration configuration)
    {
        var audit = configuration.GetSection("Audit").Get<AuditOptions>() ?? new AuditOptions();
        services.AddSingleton<CurrentSchema>();
        services.AddSingleton<JobMetrics>();
        services.AddHostedService<JobRunner>();
        services.AddHostedService<LimitWatch>();
        services.AddSchedule(PruneTenant.JobType, TimeSpan.FromHours(6), interval => new SchedulePruning(interval));
        services.AddSchedule(
            SealJournal.JobType,
            TimeSpan.FromSeconds(audit.SealSeconds),
            interval => new ScheduleSealing(interval)
        );
        services.AddSchedule(
            StreamAudit.JobType,
            TimeSpan.FromSeconds(audit.StreamSeconds),
            interval => new ScheduleStreaming(interval)
        );
        services.AddSchedule(
            DeliverCheckpoints.JobType,
            TimeSpan.FromSeconds(audit.StreamSeconds),
            interval => new ScheduleDelivery(interval)
        );
        services.AddHostedService<SchedulerService>();
        services.AddSingleton<AuditStreamMonitor>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditStreamMonitor>());
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<AuditStreamMonitor>());
    }

    private static void AddSchedule(
        this IServiceCollection services,
        string name,
        TimeSpan interval,
        Func<TimeSpan, ICommand<int>> command
    )
    {
        services.AddSingleton(new Schedule(name, interval, command));
        services.AddQuartz(quartz =>
            quartz.ScheduleJob<ScheduledCommand>(
                trigger =>
                    trigger
                        .WithIdentity(name)
                        .StartNow()
                        .WithSimpleSchedule(schedule => schedule.WithInterval(interval).RepeatForever()),
                job => job.WithIdentity(name)
            )
        );
    }
}
