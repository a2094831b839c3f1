using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Scim.Infrastructure.Hosting.Telemetry;

namespace Scim.Infrastructure.Hosting.Requests;

/// <summary>What is logged of one request: identifiers and figures, never a path, a query string or a value.</summary>
internal sealed record RequestLogEntry(
    string RequestId,
    string Method,
    string Route,
    int Status,
    double Milliseconds,
    string? Tenant,
    Guid? Client,
    string? TraceId,
    Exception? Exception
);

/// <summary>
/// Writes request lines behind a bounded channel: a stalled log never slows a request, it loses lines, and the loss is
/// counted.
/// </summary>
internal sealed partial class RequestLog(ILogger<RequestLog> logger, RequestMetrics metrics) : BackgroundService
{
    private const int Capacity = 8192;

    private readonly Channel<RequestLogEntry> _entries = Channel.CreateBounded<RequestLogEntry>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true },
        _ => metrics.LogDropped()
    );

    public void Write(RequestLogEntry entry) => _entries.Writer.TryWrite(entry);

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _entries.Writer.TryComplete();
        return base.StopAsync(cancellationToken);
    }

    // Runs to the end of the channel, which StopAsync completes: the last lines matter most.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var entry in _entries.Reader.ReadAllAsync(CancellationToken.None))
        {
            Log(
                // 501 is what a client asked for, not what went wrong.
                entry.Status >= 500
                && entry.Status != 501
                    ? LogLevel.Error
                    : LogLevel.Information,
                entry.RequestId,
                entry.Tenant,
                entry.Client,
                entry.Method,
                entry.Route,
                entry.Status,
                Math.Round(entry.Milliseconds, 3),
                entry.TraceId,
                entry.Exception
            );
        }
    }

    [LoggerMessage(
        EventId = 1,
        EventName = "request",
        Message = "{Method} {Route} {Status} in {DurationMilliseconds} ms, request {RequestId}, tenant {Tenant}, client {Client}, trace {TraceId}"
    )]
    private partial void Log(
        LogLevel level,
        string requestId,
        string? tenant,
        Guid? client,
        string method,
        string route,
        int status,
        double durationMilliseconds,
        string? traceId,
        Exception? exception
    );
}
