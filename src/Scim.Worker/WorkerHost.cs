using Scim.Infrastructure;
using Scim.Infrastructure.Hosting;
using Scim.Infrastructure.Hosting.Scheduling;
using Scim.Infrastructure.Security;

namespace Scim.Worker;

/// <summary>The composition root of the worker: it runs the scheduled jobs and migrates nothing.</summary>
internal static class WorkerHost
{
    public const string DefaultUrl = "http://127.0.0.1:8081";

    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = HostSetup.CreateBuilder(args);
        configure?.Invoke(builder);
        builder.Services.AddScimInfrastructure(builder.Configuration);
        builder.AddHost("scim-worker", DefaultUrl);
        builder.Services.AddScheduling(builder.Configuration);
        builder.Services.AddConfigurationPolling();

        var app = builder.Build();
        app.UseHost();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseRouting();
        app.MapOperations();
        return app;
    }
}
