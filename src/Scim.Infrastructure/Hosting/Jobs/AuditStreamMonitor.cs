using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Application.Common.Behaviors;
using Scim.Infrastructure.Hosting.Readiness;
using Scim.Infrastructure.Hosting.Scheduling;

namespace Scim.Infrastructure.Hosting.Jobs;

/// <summary>
/// Watches how far streams, and the receiver of checkpoints, are behind: for the metrics, and for a line of <c>/ready</c> that says so while the service goes
/// on as ever.
/// </summary>
internal sealed partial class AuditStreamMonitor : BackgroundService, IReadinessCheck
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(5);

    private readonly IServiceScopeFactory _scopes;
    private readonly CurrentSchema _schema;
    private readonly TimeProvider _clock;
    private readonly ILogger<AuditStreamMonitor> _logger;
    private IReadOnlyList<StreamLag> _lags = [];
    private IReadOnlyList<CheckpointLag> _checkpoints = [];

    public AuditStreamMonitor(
        IServiceScopeFactory scopes,
        CurrentSchema schema,
        ICheckpoints checkpoints,
        IMeterFactory meters,
        TimeProvider clock,
        ILogger<AuditStreamMonitor> logger
    )
    {
        (_scopes, _schema, _clock, _logger) = (scopes, schema, clock, logger);
        var meter = meters.Create(ScimActivities.Name);
        meter.CreateObservableGauge(
            "scim.audit.stream.lag",
            Observe,
            "s",
            "For how long the oldest row that a stream has not sent waits, by stream."
        );
        if (checkpoints.Receiver is not null)
        {
            meter.CreateObservableGauge(
                "scim.audit.checkpoint.lag",
                () => CheckpointAge().TotalSeconds,
                "s",
                "For how long the oldest checkpoint that the receiver has not taken waits."
            );
        }
    }

    public string Name => "audit-streams";

    public bool IsVital => false;

    public Task<(bool Ok, string Detail)> CheckAsync(CancellationToken cancellationToken)
    {
        var late = Volatile
            .Read(ref _lags)
            .Where(lag => lag.Failure is not null || Age(lag) > Late)
            .Select(lag => lag.StreamId)
            .Distinct()
            .Count();
        return Task.FromResult(
            late > 0 ? (false, $"{late} behind; GET /admin/v1/audit/streams says why")
            : CheckpointAge() > Late ? (false, "the receiver of checkpoints is behind")
            : (true, "up to date")
        );
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _schema.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var scope = _scopes.CreateAsyncScope();
                scope.ServiceProvider.GetRequiredService<RequestContext>().ActAs("job:runner", tenant: null);
                var streams = scope.ServiceProvider.GetRequiredService<IAuditStreamStore>();
                Volatile.Write(ref _lags, await streams.ListLagsAsync(stoppingToken));
                var deliveries = scope.ServiceProvider.GetRequiredService<ICheckpointDeliveries>();
                Volatile.Write(ref _checkpoints, await deliveries.ListLagsAsync(stoppingToken));
            }
#pragma warning disable CA1031 // The next look may succeed; what was seen last is told until then.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Blind(exception);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(Interval, _clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private IEnumerable<Measurement<double>> Observe() =>
        Volatile
            .Read(ref _lags)
            .GroupBy(lag => lag.StreamId)
            .Select(stream => new Measurement<double>(
                stream.Max(lag => Age(lag).TotalSeconds),
                new KeyValuePair<string, object?>("stream", stream.Key.ToString("D"))
            ));

    private TimeSpan Age(StreamLag lag) => Age(lag.OldestUnsent);

    private TimeSpan CheckpointAge() => Age(Volatile.Read(ref _checkpoints) is [var oldest, ..] ? oldest.Oldest : null);

    private TimeSpan Age(DateTimeOffset? oldest) =>
        oldest is { } time && _clock.GetUtcNow() is var now && now > time ? now - time : TimeSpan.Zero;

    [LoggerMessage(1, LogLevel.Debug, "How far audit streams are behind cannot be told", EventName = "streams-unseen")]
    private partial void Blind(Exception exception);
}
