using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Scim.Infrastructure;
using Scim.Infrastructure.Hosting;
using Scim.Infrastructure.Hosting.Readiness;

namespace Scim.Integration.Tests.Hosting;

/// <summary>Traces and metrics reach a collector, for which a small gRPC listener stands in.</summary>
[Property("Capability", "Prometheus metrics, OpenTelemetry traces, structured logs")]
public sealed class TelemetryTests
{
    [Test]
    public async Task Spans_of_requests_and_metrics_reach_the_collector()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using (var app = Create(collector.Url))
        {
            app.MapGet("/scim/v2/Users/{id}", () => "done");
            await app.StartAsync();
            // A handler of its own, without spans: only the server's are looked at.
            using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
            (await client.GetAsync($"{app.Urls.Single()}/scim/v2/Users/jane?filter=hush")).EnsureSuccessStatusCode();
            await app.StopAsync();
        }

        collector
            .Traces.Should()
            .Contain("GET /scim/v2/Users/{id}")
            .And.Contain("http.route")
            .And.NotContain("hush")
            .And.NotContain("/jane");
        collector.Metrics.Should().Contain("scim.request.duration");
    }

    private static WebApplication Create(string collector)
    {
        var builder = HostSetup.CreateBuilder([]);
        builder.Configuration.AddInMemoryCollection([
            new("urls", "http://127.0.0.1:0"),
            new("Telemetry:OtlpEndpoint", collector),
        ]);
        builder.Services.AddScimInfrastructure(builder.Configuration);
        builder.AddHost("test", "http://127.0.0.1:0");
        builder.Services.RemoveAll<IReadinessCheck>();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.UseHost();
        app.UseRouting();
        return app;
    }
}
