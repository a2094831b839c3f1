using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Hosting.Readiness;
using Scim.Infrastructure.Hosting.Telemetry;

namespace Scim.Infrastructure.Hosting;

/// <summary><c>/health</c>, <c>/ready</c> and <c>/metrics</c>, the same on both hosts.</summary>
public static class OperationsEndpoints
{
    internal const string MetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static void MapOperations(this WebApplication app)
    {
        app.MapGet("/health", () => Results.Json(new HealthReport("ok")))
            .WithName("getHealth")
            .WithSummary("Whether the process is up")
            .Produces<HealthReport>();
        app.MapGet("/ready", ReadyAsync)
            .WithName("getReadiness")
            .WithSummary("Whether requests are taken, and on what that depends")
            .Produces<ReadinessReport>()
            .Produces<ReadinessReport>(StatusCodes.Status503ServiceUnavailable);
        var metricsUrl = app.Services.GetRequiredService<IOptions<MetricsOptions>>().Value.Url;
        if (string.IsNullOrEmpty(metricsUrl))
        {
            app.MapGet("/metrics", Metrics)
                .WithName("getMetrics")
                .WithSummary("Figures for Prometheus, on the loopback only")
                .Produces<string>(StatusCodes.Status200OK, "text/plain")
                .Produces(StatusCodes.Status404NotFound);
        }
    }

    /// <summary>True when every listener is bound to the loopback only.</summary>
    internal static bool IsLoopback(IEnumerable<string> addresses)
    {
        var known = addresses.Select(BindingAddress.Parse).ToList();
        return known.Count > 0
            && known.TrueForAll(address =>
                !address.IsUnixPipe
                && (
                    address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
                    || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip))
                )
            );
    }

    private sealed record HealthReport(string Status);

    private static async Task<IResult> ReadyAsync(
        IServiceProvider services,
        HttpResponse response,
        CancellationToken cancellationToken
    )
    {
        var readiness = services.GetRequiredService<ReadinessChecks>();
        var report = await readiness.ReportAsync(cancellationToken);
        response.Headers.CacheControl = "no-store";
        return Results.Json(report, statusCode: report.Status == "ok" ? 200 : 503);
    }

    // Figures about tenants are not for everybody who can reach the service.
    private static IResult Metrics(IServiceProvider services)
    {
        var addresses = services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses;
        return addresses is not null && IsLoopback(addresses)
            ? Results.Text(services.GetRequiredService<PrometheusExporter>().Scrape(), MetricsContentType)
            : Results.NotFound();
    }
}
