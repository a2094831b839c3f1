using System.Diagnostics.Metrics;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Scim.Application.Common.Behaviors;
using Scim.Application.Tenants;

namespace Scim.Infrastructure.Hosting.Tenants;

/// <summary>Says which tenants come near their limit of users: the fullest as a metric, and each that is new among them in the log.</summary>
internal sealed partial class LimitWatch : BackgroundService
{
    private const int Most = 100;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly IServiceScopeFactory _scopes;
    private readonly TimeProvider _clock;
    private readonly ILogger<LimitWatch> _logger;
    private IReadOnlyList<NearLimit> _near = [];

    public LimitWatch(IServiceScopeFactory scopes, IMeterFactory meters, TimeProvider clock, ILogger<LimitWatch> logger)
    {
        (_scopes, _clock, _logger) = (scopes, clock, logger);
        meters
            .Create(ScimActivities.Name)
            .CreateObservableGauge(
                "scim.tenant.limit.ratio",
                () =>
                    Volatile
                        .Read(ref _near)
                        .Select(near => new Measurement<double>(
                            near.Ratio,
                            new KeyValuePair<string, object?>("tenant", near.Slug),
                            new KeyValuePair<string, object?>("limit", "users")
                        )),
                description: "How much of its limit a tenant has used, for the fullest from four fifths on."
            );
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // An exception that left here would stop the host.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogTrouble(exception);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        await using var scope = _scopes.CreateAsyncScope();
        var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
        var near = await mediator.Send(new ListTenantsNearLimit(Most), cancellationToken);
        var known = _near.Select(tenant => tenant.Id).ToHashSet();
        Volatile.Write(ref _near, near);
        foreach (var tenant in near.Where(tenant => !known.Contains(tenant.Id)))
        {
            LogNear(tenant.Slug, tenant.Users, tenant.Limit);
        }
    }

    [LoggerMessage(
        1,
        LogLevel.Warning,
        "Tenant {Tenant} has {Users} of {Limit} users",
        EventName = "tenant-near-limit"
    )]
    private partial void LogNear(string tenant, long users, long limit);

    [LoggerMessage(2, LogLevel.Warning, "The limits of tenants cannot be looked at", EventName = "limits-unknown")]
    private partial void LogTrouble(Exception exception);
}
