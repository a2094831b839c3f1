using Microsoft.AspNetCore.Rewrite;
using Scim.Api.Admin;
using Scim.Api.OAuth;
using Scim.Api.OpenApi;
using Scim.Api.Scim;
using Scim.Api.Security;
using Scim.Infrastructure;
using Scim.Infrastructure.Hosting;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Hosting.Scheduling;
using Scim.Infrastructure.Hosting.Startup;

namespace Scim.Api;

/// <summary>The composition root of the HTTP host.</summary>
public static class ApiHost
{
    public const string DefaultUrl = "http://127.0.0.1:8080";

    /// <summary>
    /// Builds the host; nothing runs before it is started. <paramref name="configure"/> is called first, so that settings
    /// it adds are checked like all others. Throws when the configuration is wrong.
    /// </summary>
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = HostSetup.CreateBuilder(args);
        configure?.Invoke(builder);
        builder.Services.AddScimInfrastructure(builder.Configuration);
        builder.AddHost("scim-api", DefaultUrl);
        builder.Services.AddStartup();
        builder.Services.AddScimSecurity();
        builder.Services.AddSingleton<ScimResults>();
        builder.Services.AddSingleton<LargeBodies>();
        builder.Services.AddSingleton<AdminMetrics>();
        AdminDocument.Add(builder.Services);
        if (OptionsCatalogue.RunsWorkerInProcess(builder.Configuration))
        {
            builder.Services.AddScheduling(builder.Configuration);
        }

        var app = builder.Build();
        // People come to the short path; it is a route of the control plane.
        app.UseRewriter(
            new RewriteOptions().AddRewrite("^signup(/confirm)?$", "admin/v1/signup$1", skipRemainingRules: true)
        );
        app.UseHost();
        app.UseMiddleware<ScimExceptionHandler>();
        // Before authentication, so that refusals are logged under their route; no endpoint runs until both have passed.
        app.UseRouting();
        app.UseScimSecurity();
        ReferencePage.Use(app);
        app.UseMiddleware<AdminGate>();
        app.MapOperations();
        app.MapScim();
        app.MapAdmin();
        app.MapOAuth();
        AdminDocument.Map(app);
        return app;
    }
}
