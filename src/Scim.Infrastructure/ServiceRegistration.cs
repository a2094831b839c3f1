using System.Reflection;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Application.Common.Behaviors;
using Scim.Application.Groups;
using Scim.Application.Jobs;
using Scim.Application.Retention;
using Scim.Application.Schemas;
using Scim.Application.Settings;
using Scim.Application.Signup;
using Scim.Application.Tenants;
using Scim.Application.Users;
using Scim.Application.Workspaces;
using Scim.Domain.Filters;
using Scim.Infrastructure.Email;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Groups;
using Scim.Infrastructure.Persistence.Jobs;
using Scim.Infrastructure.Persistence.Journal;
using Scim.Infrastructure.Persistence.Operators;
using Scim.Infrastructure.Persistence.Retention;
using Scim.Infrastructure.Persistence.Schemas;
using Scim.Infrastructure.Persistence.Sealing;
using Scim.Infrastructure.Persistence.Search;
using Scim.Infrastructure.Persistence.Settings;
using Scim.Infrastructure.Persistence.Signup;
using Scim.Infrastructure.Persistence.Tenants;
using Scim.Infrastructure.Persistence.Users;
using Scim.Infrastructure.Persistence.Workspaces;
using Scim.Infrastructure.Security;

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
        services.AddJobs();
        services.AddCredentials();
        services.AddDataPlane();
        services.AddMediator();
        return services;
    }

    private static void AddDataPlane(this IServiceCollection services)
    {
        services.AddSingleton<RuntimeSettings>();
        // Asked for anew each time: they may have changed, and the tenant is known only once the request is authenticated.
        services.AddTransient(provider => Settings(provider).Limits);
        services.AddTransient(provider => Settings(provider).Retention);
        services.AddTransient(provider => Settings(provider).Session);
        services.AddScoped<ISettingsStore, SettingsStore>();
        services.AddScoped<SettingsChanger>();
        services.AddSingleton<CursorCodec>();
        services.AddSingleton<CompiledSchemas>();
        services.TryAddSingleton<IPasswordHasher, PasswordHasher>();
        services.AddSingleton<IReadRecorder>(provider => provider.GetRequiredService<JournalRecorder>());
        services.AddSingleton<DeviationRecorder>();
        services.AddSingleton<IDeviationRecorder>(provider => provider.GetRequiredService<DeviationRecorder>());
        services.AddHostedService(provider => provider.GetRequiredService<DeviationRecorder>());
        services.AddSingleton<OnboardingRecorder>();
        services.AddSingleton<IOnboardingRecorder>(provider => provider.GetRequiredService<OnboardingRecorder>());
        services.AddHostedService(provider => provider.GetRequiredService<OnboardingRecorder>());
        services.AddScoped<IUnitOfWork, UnitOfWork>();
        services.AddScoped<ISchemaCatalog, SchemaCatalog>();
        services.AddScoped<ITenantSchemaStore, TenantSchemaStore>();
        services.AddScoped<StoredValues>();
        services.AddScoped<IUserStore, UserStore>();
        services.AddScoped<IGroupStore, GroupStore>();
    }

    private static void AddJobs(this IServiceCollection services)
    {
        services.AddScoped<IJobStore, JobStore>();
        services.AddScoped<IRetentionStore, RetentionStore>();
        services.AddScoped<ISealStore, SealStore>();
        services.AddScoped<IAuditTrail, AuditTrail>();
        services.AddScoped<AuditReader>();
        services.AddScoped<IUserErasure, UserErasure>();
        services.AddScoped<IMembershipHistory, MembershipHistory>();
        services.AddSingleton<ICheckpoints, Checkpoints>();
        services.AddScoped<ICheckpointDeliveries, CheckpointDeliveries>();
        services.AddScoped<IAuditStreamStore, AuditStreamStore>();
        services.AddSingleton<OutboundHttp>();
        services.AddSingleton<IAuditSink, AuditSink>();
        services.AddSingleton(new JobType(SealJournal.JobType, job => new SealJournal(job.Lease)));
        services.AddSingleton(new JobType(DeliverCheckpoints.JobType, job => new DeliverCheckpoints(job.Lease)));
        services.AddSingleton(new JobType(StreamAudit.JobType, job => new StreamAudit(job.Lease)));
        services.AddSingleton(new JobType(PruneTenant.JobType, job => new PruneTenant(job.Lease)));
        services.AddScoped<ITenantPurge, TenantPurge>();
        services.AddSingleton(new JobType(PurgeTenant.JobType, job => new PurgeTenant(job.Lease)));
        services.AddScoped<TenantEdit>();
        services.AddScoped<IWorkspaceStore, WorkspaceStore>();
        services.AddScoped<ISignupStore, SignupStore>();
        services.AddSingleton(new JobType(SendSignup.JobType, job => new SendSignup(job.Lease)));
        services.AddSingleton<IEmailSender, EmailSender>();
        services.AddSingleton(provider =>
        {
            var signup = provider.GetRequiredService<IOptions<SignupOptions>>().Value;
            return new SignupPolicy(signup.Enabled, signup.ConfirmUrl);
        });
        services.AddSingleton(provider => new TenantGrace(
            TimeSpan.FromDays(provider.GetRequiredService<IOptions<RetentionOptions>>().Value.TenantGraceDays)
        ));
    }

    private static EffectiveSettings Settings(IServiceProvider provider) =>
        provider.GetRequiredService<RuntimeSettings>().Of(provider.GetRequiredService<RequestContext>().Tenant);

    // MediatR 5.1 comes without registration of its own (docs/adr); the order of the behaviours is the pipeline's.
    private static void AddMediator(this IServiceCollection services)
    {
        services.AddScoped<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddScoped<IMediator, Mediator>();
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(TracingBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(ValidationBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(UnitOfWorkBehavior<,>));
        services.Scan(scan =>
            scan.FromAssemblies(Assemblies)
                .AddClasses(classes => classes.AssignableTo(typeof(IRequestHandler<,>)), publicOnly: false)
                .AsImplementedInterfaces()
                .WithScopedLifetime()
                .AddClasses(classes => classes.AssignableTo(typeof(IValidator<>)).Where(HasNoNeeds), publicOnly: false)
                .AsImplementedInterfaces()
                .WithSingletonLifetime()
                .AddClasses(
                    classes => classes.AssignableTo(typeof(IValidator<>)).Where(type => !HasNoNeeds(type)),
                    publicOnly: false
                )
                .AsImplementedInterfaces()
                .WithScopedLifetime()
        );
    }

    // Rules are compiled when a validator is made: once, where it needs nothing of the request.
    private static bool HasNoNeeds(Type type) => type.GetConstructor(Type.EmptyTypes) is not null;
}
