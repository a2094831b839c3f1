using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Scim.Integration.Tests.Hosting;

/// <summary>A small gRPC listener that stands in for a collector; what it got is kept as it came.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, string> _received = [];

    private OtlpCollector(WebApplication application) => _application = application;

    public string Url => _application.Urls.Single();

    public string Traces => Received("/opentelemetry.proto.collector.trace.v1.TraceService/Export");

    public string Metrics => Received("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2)
        );
        var collector = new OtlpCollector(builder.Build());
        collector._application.Run(collector.TakeAsync);
        await collector._application.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private string Received(string path) => _received.GetValueOrDefault(path, "");

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var text = Encoding.Latin1.GetString(body.ToArray());
        _received.AddOrUpdate(context.Request.Path.Value!, text, (_, earlier) => earlier + text);
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
