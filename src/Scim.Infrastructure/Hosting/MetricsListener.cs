using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Hosting.Telemetry;

namespace Scim.Infrastructure.Hosting;

/// <summary>Serves <c>/metrics</c>, and nothing else, on <c>Metrics:Url</c>.</summary>
internal sealed class MetricsListener(
    IOptions<MetricsOptions> options,
    PrometheusExporter exporter,
    ILoggerFactory loggers
) : IHostedService, IAsyncDisposable
{
    private WebApplication? _app;

    public IEnumerable<string> Addresses => _app?.Urls ?? [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(options.Value.Url))
        {
            return;
        }

        // No arguments and no environment: ASPNETCORE_URLS belongs to the main listener.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseUrls(options.Value.Url);
        builder.Logging.AddProvider(new Relay(loggers));
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;

    private Task AnswerAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method) || context.Request.Path != "/metrics")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        context.Response.ContentType = OperationsEndpoints.MetricsContentType;
        return context.Response.WriteAsync(exporter.Scrape(), context.RequestAborted);
    }

    private sealed class Relay(ILoggerFactory loggers) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => loggers.CreateLogger(categoryName);

        public void Dispose()
        {
            // The factory belongs to the host.
        }
    }
}
