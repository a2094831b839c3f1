using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Scim.Application.Common.Behaviors;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Hosting.Telemetry;

internal static class OpenTelemetryRegistration
{
    private static readonly string[] Sources =
    [
        "Microsoft.AspNetCore",
        "System.Net.Http",
        "Npgsql",
        ScimActivities.Name,
    ];

    private static readonly string[] Meters =
    [
        "System.Runtime",
        "Microsoft.AspNetCore.Server.Kestrel",
        "Npgsql",
        ScimActivities.Name,
        ScimActivities.Name + ".*",
    ];

    /// <summary>Named as in OpenTelemetry.Extensions.Hosting, so that the package can take its place.</summary>
    public static void AddOpenTelemetry(
        this IServiceCollection services,
        Action<IServiceProvider, IOpenTelemetryBuilder> configure
    ) => services.AddHostedService(provider => new OpenTelemetryService(provider, configure));

    /// <summary>Metrics to the scrape, and both traces and metrics to a collector when one is configured.</summary>
    public static void AddTelemetry(this IServiceCollection services, string serviceName)
    {
        services.AddMetrics();
        services.AddSingleton<PrometheusExporter>();
        services.AddSingleton<RequestMetrics>();
        services.AddOpenTelemetry(
            (provider, telemetry) =>
            {
                var options = provider.GetRequiredService<IOptions<TelemetryOptions>>().Value;
                var exporter = provider.GetRequiredService<PrometheusExporter>();
                telemetry.ConfigureResource(resource => resource.AddService(serviceName));
                telemetry.WithMetrics(metrics =>
                {
                    metrics.AddMeter(Meters).AddReader(new BaseExportingMetricReader(exporter));
                    if (!string.IsNullOrEmpty(options.OtlpEndpoint))
                    {
                        metrics.AddOtlpExporter(otlp => otlp.Endpoint = new Uri(options.OtlpEndpoint));
                    }
                });
                if (!string.IsNullOrEmpty(options.OtlpEndpoint))
                {
                    telemetry.WithTracing(traces =>
                        traces
                            .AddSource(Sources)
                            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.SampleRatio)))
                            .AddOtlpExporter(otlp => otlp.Endpoint = new Uri(options.OtlpEndpoint))
                    );
                }
            }
        );
    }
}

/// <summary>Builds the SDK when the host starts and flushes it when the host stops.</summary>
internal sealed class OpenTelemetryService(
    IServiceProvider provider,
    Action<IServiceProvider, IOpenTelemetryBuilder> configure
) : IHostedService, IDisposable
{
    private OpenTelemetrySdk? _sdk;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _sdk = OpenTelemetrySdk.Create(builder => configure(provider, builder));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _sdk?.TracerProvider.ForceFlush(2000);
        _sdk?.MeterProvider.ForceFlush(2000);
        return Task.CompletedTask;
    }

    public void Dispose() => _sdk?.Dispose();
}
