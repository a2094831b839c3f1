using Scim.Api.Scim;
using Scim.Infrastructure.Hosting.Telemetry;
using Scim.Infrastructure.Security;

namespace Scim.Api.Security;

internal static class SecurityPipeline
{
    public static IServiceCollection AddScimSecurity(this IServiceCollection services) =>
        services
            .AddCredentials()
            .AddCredentialVerification()
            .AddSingleton<TenantLabels>()
            .AddSingleton<SecurityMetrics>();

    /// <summary>After the error handler, before routing.</summary>
    public static IApplicationBuilder UseScimSecurity(this IApplicationBuilder app) =>
        app.UseMiddleware<ScimAuthentication>()
            .UseMiddleware<RequestJournal>()
            .UseMiddleware<ScimRateLimit>()
            .UseMiddleware<ScimAdmission>();
}
