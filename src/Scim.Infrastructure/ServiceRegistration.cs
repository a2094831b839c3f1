using System.Reflection;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Scim.Application.Common;
using Scim.Application.Common.Behaviors;
using Scim.Application.Tenants;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Journal;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure;

/// <summary>What both hosts and the operator verbs are made of.</summary>
public static class ServiceRegistration
{
    private static readonly Assembly[] Assemblies = [typeof(ICommand<>).Assembly, typeof(ServiceRegistration).Assembly];

    public static IServiceCollection AddScimInfrastructure(
        this IServiceCollection services,
        IConfigurationManager configuration
    )
    {
        services.AddOptionsCatalogue(configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.AddScoped<RequestContext>();
        services.AddPersistence(configuration);
        services.AddSingleton<IMigrations, MigratorMigrations>();
        services.AddSingleton<IRefusalRecorder, RefusalRecorder>();
        services.AddSingleton<IDeviationStore, DeviationStore>();
        services.AddMediator();
        return services;
    }

    // MediatR 5.1 comes without registration of its own (docs/adr); the order of the behaviours is the pipeline's.
    private static void AddMediator(this IServiceCollection services)
    {
        services.AddScoped<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddScoped<IMediator, Mediator>();
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(TracingBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(ValidationBehavior<,>));
        services.Scan(scan =>
            scan.FromAssemblies(Assemblies)
                .AddClasses(classes => classes.AssignableTo(typeof(IRequestHandler<,>)), publicOnly: false)
                .AsImplementedInterfaces()
                .WithScopedLifetime()
                .AddClasses(classes => classes.AssignableTo(typeof(IValidator<>)), publicOnly: false)
                .AsImplementedInterfaces()
                .WithScopedLifetime()
        );
    }
}
