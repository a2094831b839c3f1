using System.Collections.Concurrent;
using System.Text;
using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
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
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = await CollectorAsync(received);
        await using (var app = Create(collector.Urls.Single()))
        {
            app.MapGet("/scim/v2/Users/{id}", () => "done");
            await app.StartAsync();
            // A handler of its own, without spans: only the server's are looked at.
            using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
            (await client.GetAsync($"{app.Urls.Single()}/scim/v2/Users/jane?filter=hush")).EnsureSuccessStatusCode();
            await app.StopAsync();
        }

        var spans = received["/opentelemetry.proto.collector.trace.v1.TraceService/Export"];
        spans
            .Should()
            .Contain("GET /scim/v2/Users/{id}")
            .And.Contain("http.route")
            .And.NotContain("hush")
            .And.NotContain("/jane");
        received["/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"]
            .Should()
            .Contain("scim.request.duration");
    }

    private static async Task<WebApplication> CollectorAsync(ConcurrentDictionary<string, string> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2)
        );
        var app = builder.Build();
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var text = Encoding.Latin1.GetString(body.ToArray());
            received.AddOrUpdate(context.Request.Path.Value!, text, (_, earlier) => earlier + text);
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await app.StartAsync();
        return app;
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
