using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Scim.Application.Common.Behaviors;

namespace Scim.Infrastructure.Hosting.Telemetry;

/// <summary><c>scim_request_duration_seconds</c> by method, resource type and status class, the same of the control plane by endpoint, and the logs that were dropped.</summary>
internal sealed class RequestMetrics
{
    private static readonly double[] Bounds =
    [
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1,
        2.5,
        5,
        10,
    ];

    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _adminDuration;
    private readonly Counter<long> _droppedLogs;

    public RequestMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(ScimActivities.Name);
        _duration = meter.CreateHistogram(
            "scim.request.duration",
            "s",
            "Duration of SCIM requests.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Bounds }
        );
        _adminDuration = meter.CreateHistogram(
            "scim.admin.request.duration",
            "s",
            "Duration of requests to the control plane.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Bounds }
        );
        _droppedLogs = meter.CreateCounter<long>(
            "scim.request.log.dropped",
            "{entry}",
            "Request log entries dropped because the log could not keep up."
        );
    }

    public void Record(HttpRequest request, int status, double seconds) =>
        _duration.Record(
            seconds,
            new KeyValuePair<string, object?>("method", Method(request.Method)),
            new KeyValuePair<string, object?>("resource_type", ResourceType(request.Path)),
            new KeyValuePair<string, object?>("status", StatusClass(status))
        );

    /// <param name="route">The pattern, not the path: a closed set as well.</param>
    public void Record(HttpRequest request, string route, int status, double seconds) =>
        _adminDuration.Record(
            seconds,
            new KeyValuePair<string, object?>("method", Method(request.Method)),
            new KeyValuePair<string, object?>("endpoint", route),
            new KeyValuePair<string, object?>("status", StatusClass(status))
        );

    public void LogDropped() => _droppedLogs.Add(1);

    /// <summary>A closed set: a client cannot make series.</summary>
    internal static string ResourceType(PathString path)
    {
        if (!path.StartsWithSegments("/scim/v2", out var rest) || rest.Value is not { Length: > 1 } text)
        {
            return "Other";
        }

        var segments = text.Split('/', 4, StringSplitOptions.RemoveEmptyEntries);
        var search = segments.Any(segment => segment.Equals(".search", StringComparison.OrdinalIgnoreCase));
        return search
            ? "Search"
            : segments[0].ToUpperInvariant() switch
            {
                "USERS" => "User",
                "GROUPS" => "Group",
                "BULK" => "Bulk",
                "ME" => "Me",
                "SERVICEPROVIDERCONFIG" or "SCHEMAS" or "RESOURCETYPES" => "Discovery",
                _ => "Other",
            };
    }

    /// <summary>A closed set too: a method is any word that a client likes.</summary>
    internal static string Method(string method) =>
        method is "GET" or "POST" or "PUT" or "PATCH" or "DELETE" or "HEAD" or "OPTIONS" ? method : "other";

    private static string StatusClass(int status) =>
        status switch
        {
            < 200 => "1xx",
            < 300 => "2xx",
            < 400 => "3xx",
            < 500 => "4xx",
            _ => "5xx",
        };
}
