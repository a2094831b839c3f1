using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Hosting.Readiness;
using Scim.Infrastructure.Hosting.Requests;
using Scim.Infrastructure.Hosting.Telemetry;

namespace Scim.Infrastructure.Hosting;

/// <summary>What both hosts share: listener, logs, telemetry, readiness and the outer pipeline.</summary>
public static class HostSetup
{
    public const string RequestIdHeader = "X-Request-Id";

    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Settings travel with the program, wherever it is started from; data paths stay relative to the caller.</summary>
    public static WebApplicationBuilder CreateBuilder(string[] args) =>
        WebApplication.CreateBuilder(
            new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory }
        );

    public static void AddHost(this WebApplicationBuilder builder, string serviceName, string defaultUrl)
    {
        var configuration = builder.Configuration;
        if (
            string.IsNullOrEmpty(configuration["urls"])
            && string.IsNullOrEmpty(configuration["http_ports"])
            && string.IsNullOrEmpty(configuration["https_ports"])
            && !configuration.GetSection("Kestrel:Endpoints").GetChildren().Any()
        )
        {
            builder.WebHost.UseUrls(defaultUrl);
        }

        builder.WebHost.ConfigureKestrel(
            (_, kestrel) =>
            {
                kestrel.AddServerHeader = false;
                Limit(kestrel.Limits, kestrel.ApplicationServices.GetRequiredService<IOptions<LimitsOptions>>().Value);
                if (kestrel.ApplicationServices.GetRequiredService<IOptions<ScimOptions>>().Value.ClientCertificates)
                {
                    kestrel.ConfigureHttpsDefaults(AskForCertificate);
                }
            }
        );
        builder.Logging.ClearProviders();
        builder.Logging.AddJsonConsole(console =>
        {
            console.IncludeScopes = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });
        // Its scope holds the request's path, in which clients may put a user's name; the request log replaces it.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // At Debug they write paths and queries, in which clients put what they should not.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Routing", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Rewrite", LogLevel.Warning);
        // At Information the driver writes a line per command.
        builder.Logging.AddFilter("Npgsql", LogLevel.Warning);

        var services = builder.Services;
        services.AddTelemetry(serviceName);
        services.AddSingleton<RequestLog>();
        services.AddHostedService(provider => provider.GetRequiredService<RequestLog>());
        services.AddSingleton<MetricsListener>();
        services.AddHostedService(provider => provider.GetRequiredService<MetricsListener>());
        services.AddSingleton<ReadinessChecks>();
        services.AddSingleton<IReadinessCheck, DatabaseCheck>();
        services.AddSingleton<IReadinessCheck, MigrationsCheck>();
        services.AddSingleton<IReadinessCheck, DrainingCheck>();
        services.AddHostedService<Drain>();
        services.AddProblemDetails();
        services
            .AddOptions<ForwardedHeadersOptions>()
            .Configure<IOptions<ScimOptions>>((forwarded, scim) => Trust(forwarded, scim.Value.TrustedProxies));
    }

    /// <summary>The outermost part of the pipeline: who calls, under which request id, and how it went.</summary>
    public static void UseHost(this WebApplication app)
    {
        if (!string.IsNullOrEmpty(app.Services.GetRequiredService<IOptions<ScimOptions>>().Value.TrustedProxies))
        {
            app.UseForwardedHeaders();
        }

        app.UseMiddleware<RequestIdMiddleware>();
        app.UseMiddleware<RequestRecorder>();
    }

    // Any certificate will do here: the connection proves that the client has its key, and the client's row which one it is.
    private static void AskForCertificate(HttpsConnectionAdapterOptions https)
    {
        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
        https.AllowAnyClientCertificate();
    }

    private static void Limit(KestrelServerLimits server, LimitsOptions options)
    {
        var pace = options.MinBytesPerSecond == 0 ? null : new MinDataRate(options.MinBytesPerSecond, Grace);
        server.MaxRequestBodySize = options.MaxBodyBytes;
        server.MaxConcurrentConnections = options.MaxConnections == 0 ? null : options.MaxConnections;
        server.RequestHeadersTimeout = HeadersTimeout;
        server.MinRequestBodyDataRate = pace;
        server.MinResponseDataRate = pace;
    }

    private static void Trust(ForwardedHeadersOptions forwarded, string? networks)
    {
        forwarded.ForwardedHeaders =
            ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        forwarded.ForwardLimit = null;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in NetworksAttribute.Parse(networks))
        {
            forwarded.KnownIPNetworks.Add(network);
        }
    }
}
