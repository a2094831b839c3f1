using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Journal;

/// <summary>
/// Journals what has no transaction of its own: refused writes and authentications, bounded per client so that a flood
/// cannot fill the disk, and reads, counted per client, operation and minute. It never makes a request wait; what it
/// has to drop is counted.
/// </summary>
internal sealed partial class JournalRecorder : BackgroundService, IReadRecorder
{
    private const int QueueLimit = 8192;
    private const int BatchLimit = 256;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly Channel<Occurrence> _queue = Channel.CreateBounded<Occurrence>(
        new BoundedChannelOptions(QueueLimit) { SingleReader = true }
    );
    private readonly IDatabase _database;
    private readonly TimeProvider _clock;
    private readonly ILogger<JournalRecorder> _logger;
    private readonly Counter<long> _dropped;
    private readonly OccurrenceSummary _summary;
    private readonly ReadCounts _reads;

    public JournalRecorder(
        IDatabase database,
        TimeProvider clock,
        IMeterFactory meters,
        ILogger<JournalRecorder> logger
    )
    {
        _database = database;
        _clock = clock;
        _logger = logger;
        _summary = new OccurrenceSummary(clock);
        _reads = new ReadCounts(clock);
        _dropped = meters
            .Create("Scim.Journal")
            .CreateCounter<long>(
                "scim_journal_dropped_total",
                description: "Refusals and reads that were not journalled"
            );
    }

    public void RefusedWrite(
        TenantId tenant,
        string actor,
        string requestId,
        string operation,
        string? resourceType,
        string? resourceId,
        string outcome,
        string? detail
    ) =>
        Record(
            new Occurrence(tenant, actor, requestId, operation, resourceType, resourceId, outcome, detail, _clock.Now())
        );

    public void RefusedAuthentication(TenantId tenant, string reason) =>
        Record(new Occurrence(tenant, "anonymous", "", "auth.failure", null, null, "refused", reason, _clock.Now()));

    public void Read(TenantId tenant, string actor, string operation)
    {
        if (!_reads.TryCount(tenant, actor, operation))
        {
            _dropped.Add(1);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
        var rows = new List<Occurrence>();
        while (_queue.Reader.TryRead(out var occurrence))
        {
            Admit(occurrence, rows);
        }

        rows.AddRange([.. _summary.Drain(), .. _reads.Drain()]);
        await WriteAsync(rows, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var rows = new List<Occurrence>(BatchLimit);
        var due = _clock.GetUtcNow() + Period;
        while (!stoppingToken.IsCancellationRequested)
        {
            await WaitAsync(due, stoppingToken);
            while (rows.Count < BatchLimit && _queue.Reader.TryRead(out var occurrence))
            {
                Admit(occurrence, rows);
            }

            if (_clock.GetUtcNow() >= due)
            {
                rows.AddRange([.. _summary.Drain(), .. _reads.Drain()]);
                due = _clock.GetUtcNow() + Period;
            }

            await WriteAsync(rows, CancellationToken.None);
            rows.Clear();
        }
    }

    private void Record(Occurrence occurrence)
    {
        if (!_queue.Writer.TryWrite(occurrence))
        {
            _dropped.Add(1);
        }
    }

    private void Admit(Occurrence occurrence, List<Occurrence> rows)
    {
        switch (_summary.Add(occurrence))
        {
            case Admission.Alone:
                rows.Add(occurrence);
                break;
            case Admission.Dropped:
                _dropped.Add(1);
                break;
        }
    }

    private async Task WaitAsync(DateTimeOffset due, CancellationToken stoppingToken)
    {
        try
        {
            var left = due - _clock.GetUtcNow();
            if (left > TimeSpan.Zero)
            {
                await _queue.Reader.WaitToReadAsync(stoppingToken).AsTask().WaitAsync(left, _clock, stoppingToken);
            }
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // The minute is over, or the host stops: either way the caller looks at what there is.
        }
    }

    private async Task WriteAsync(List<Occurrence> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return;
        }

        try
        {
            await _database.WriteAsync(
                async (_, transaction) =>
                {
                    foreach (var row in rows)
                    {
                        await transaction.AppendJournalAsync(
                            row.Tenant,
                            row.Actor,
                            row.RequestId,
                            row.OccurredAt,
                            row.ToEntry(),
                            cancellationToken
                        );
                    }

                    return 0;
                },
                cancellationToken
            );
        }
#pragma warning disable CA1031 // The recorder outlives every trouble of the database; the loss is counted.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _dropped.Add(rows.Sum(row => (long)row.Count));
            LogLost(_logger, exception, rows.Count);
        }
    }

    [LoggerMessage(
        EventId = 2002,
        EventName = "JournalRowsLost",
        Level = LogLevel.Warning,
        Message = "{Rows} rows of refusals and reads could not be journalled"
    )]
    private static partial void LogLost(ILogger logger, Exception exception, int rows);
}
