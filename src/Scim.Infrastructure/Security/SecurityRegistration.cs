using Microsoft.Extensions.DependencyInjection;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Security;

internal static class SecurityRegistration
{
    /// <summary>Tenants, clients and tokens, and who may present one. Needs <c>IDatabase</c> and the options.</summary>
    public static IServiceCollection AddCredentials(this IServiceCollection services)
    {
        services.AddScoped<ControlJournal>();
        services.AddScoped<ITenantStore, TenantStore>();
        services.AddScoped<IClientStore, ClientStore>();
        services.AddSingleton<ServerKeys>();
        services.AddSingleton<TokenSealer>();
        services.AddSingleton<ITokenSealer>(provider => provider.GetRequiredService<TokenSealer>());
        services.AddSingleton<CredentialStore>();
        services.AddSingleton<ConfigurationEpoch>();
        services.AddSingleton<IConfigurationEpoch>(provider => provider.GetRequiredService<ConfigurationEpoch>());
        return services;
    }

    /// <summary>For hosts that answer SCIM requests: verification, limits and what runs beside them.</summary>
    public static IServiceCollection AddCredentialVerification(this IServiceCollection services)
    {
        services.AddSingleton<CredentialCache>(_ => new CredentialCache());
        services.AddSingleton<AuthenticationThrottle>();
        services.AddSingleton<KnownPreChecks>();
        services.AddSingleton<LiveReplicas>();
        services.AddSingleton<RateLimiter>();
        services.AddSingleton<LastUsedRecorder>();
        services.AddSingleton<ICredentialVerifier, CredentialVerifier>();
        services.AddHostedService(provider => provider.GetRequiredService<ConfigurationEpoch>());
        services.AddHostedService(provider => provider.GetRequiredService<LastUsedRecorder>());
        services.AddHostedService(provider => provider.GetRequiredService<LiveReplicas>());
        return services;
    }
}
