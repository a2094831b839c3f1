using Microsoft.Extensions.DependencyInjection;
using Quartz;

namespace Scim.Infrastructure.Hosting.Scheduling;

public static class SchedulingRegistration
{
    /// <summary>The jobs of the worker, in whichever host runs them.</summary>
    public static void AddScheduling(this IServiceCollection services)
    {
        services.AddQuartz(quartz =>
            quartz.ScheduleJob<HousekeepingJob>(trigger =>
                trigger
                    .WithIdentity(nameof(HousekeepingJob))
                    .StartNow()
                    .WithSimpleSchedule(schedule => schedule.WithInterval(TimeSpan.FromHours(6)).RepeatForever())
            )
        );
        services.AddHostedService<SchedulerService>();
    }
}
