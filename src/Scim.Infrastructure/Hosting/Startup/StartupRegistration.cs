using Microsoft.Extensions.DependencyInjection;

namespace Scim.Infrastructure.Hosting.Startup;

public static class StartupRegistration
{
    /// <summary>What the serving host does before and after its listener opens; a worker does none of it.</summary>
    public static void AddStartup(this IServiceCollection services)
    {
        services.AddSingleton<BaseUrl>();
        services.AddSingleton<MigrateOnStart>();
        services.AddHostedService(provider => provider.GetRequiredService<MigrateOnStart>());
        services.AddHostedService<OperatorBootstrap>();
        services.AddHostedService<DemoBootstrap>();
    }
}
