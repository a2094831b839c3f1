using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Scim.Application.ApiKeys;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Application.Tenants;
using Scim.Infrastructure.Hosting.Startup;
using Scim.Infrastructure.Persistence.ApiKeys;
using Scim.Infrastructure.Persistence.Idempotency;
using Scim.Infrastructure.Persistence.Operators;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Security;

public static class SecurityRegistration
{
    /// <summary>Tenants, clients and tokens, and who may present one. Needs <c>IDatabase</c> and the options.</summary>
    internal static IServiceCollection AddCredentials(this IServiceCollection services)
    {
        services.AddScoped<ControlJournal>();
        services.AddScoped<IKeptAnswers, KeptAnswers>();
        services.AddScoped<ITenantStore, TenantStore>();
        services.AddScoped<IClientStore, ClientStore>();
        services.AddSingleton<ServerKeys>();
        services.AddSingleton<TokenSealer>();
        services.AddSingleton<ITokenSealer>(provider => provider.GetRequiredService<TokenSealer>());
        services.AddSingleton<CredentialStore>();
        services.AddSingleton<SecretBox>();
        services.AddSingleton<ISecretBox>(provider => provider.GetRequiredService<SecretBox>());
        services.AddSingleton<IAdminCredentials, AdminCredentials>();
        services.AddScoped<IOperatorStore, OperatorStore>();
        services.AddScoped<ISessionStore, SessionStore>();
        services.AddScoped<ISignInThrottle, SignInThrottle>();
        services.AddScoped<IApiKeyStore, ApiKeyStore>();
        services.AddScoped<SignInAttempts>();
        services.AddSingleton<PasswordTurns>();
        services.AddScoped<SessionStarter>();
        services.AddSingleton<CredentialCache>(_ => new CredentialCache());
        services.AddSingleton<AuthenticationThrottle>();
        services.AddSingleton<KnownPreChecks>();
        services.AddSingleton<LiveReplicas>();
        services.AddSingleton<RateLimiter>();
        services.TryAddSingleton<BaseUrl>();
        services.AddSingleton<SigningKeys>();
        services.AddSingleton<CertificateAuthorities>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<IAccessTokens>(provider => provider.GetRequiredService<AccessTokens>());
        services.AddSingleton<IClientProofs, ClientProofs>();
        services.AddSingleton<LastUsedRecorder>();
        services.AddSingleton<ICredentialVerifier, CredentialVerifier>();
        services.AddSingleton<ConfigurationEpoch>();
        services.AddSingleton<IConfigurationEpoch>(provider => provider.GetRequiredService<ConfigurationEpoch>());
        return services;
    }

    /// <summary>Once per host: what operators change while it runs becomes effective.</summary>
    public static IServiceCollection AddConfigurationPolling(this IServiceCollection services) =>
        services.AddHostedService(provider => provider.GetRequiredService<ConfigurationEpoch>());

    /// <summary>For hosts that answer SCIM requests: what runs beside the verification of credentials.</summary>
    internal static IServiceCollection AddCredentialVerification(this IServiceCollection services)
    {
        services.AddConfigurationPolling();
        services.AddHostedService(provider => provider.GetRequiredService<LastUsedRecorder>());
        services.AddHostedService(provider => provider.GetRequiredService<LiveReplicas>());
        services.AddSingleton<TokenExpiryWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<TokenExpiryWatch>());
        return services;
    }
}
