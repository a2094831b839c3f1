using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Scim.Infrastructure.Persistence.Groups;
using Scim.Infrastructure.Persistence.Journal;
using Scim.Infrastructure.Persistence.Migrations;

namespace Scim.Infrastructure.Persistence;

internal static class PersistenceServices
{
    public static IServiceCollection AddPersistence(this IServiceCollection services, IConfiguration configuration)
    {
        var options = configuration.GetSection(DatabaseOptions.Section).Get<DatabaseOptions>() ?? new DatabaseOptions();
        var strings = new ConnectionStrings(
            configuration.GetConnectionString("Scim"),
            configuration.GetConnectionString("ScimMigration")
        );
        return services.AddPersistence(options, strings);
    }

    public static IServiceCollection AddPersistence(
        this IServiceCollection services,
        DatabaseOptions options,
        ConnectionStrings strings
    )
    {
        DapperTypes.Register();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(strings);
        services.AddSingleton<DatabaseFaults>();
        services.AddSingleton<IJournalReader, JournalReader>();
        services.AddSingleton<JournalRecorder>();
        services.AddHostedService(provider => provider.GetRequiredService<JournalRecorder>());
        if (options.Provider == DatabaseProvider.PostgreSql)
        {
            services.AddSingleton<PostgreSqlConnections>();
            services.AddSingleton<IDatabase, PostgreSqlDatabase>();
            services.AddScoped<ITenantSession, PostgreSqlSession>();
            services.AddScoped<IMembershipWriter, PostgreSqlMembershipWriter>();
            services.AddSingleton<Migrator, PostgreSqlMigrator>();
        }
        else
        {
            services.AddSingleton<SqliteConnections>();
            services.AddSingleton<IDatabase, SqliteDatabase>();
            services.AddScoped<ITenantSession, SqliteSession>();
            services.AddScoped<IMembershipWriter, SqliteMembershipWriter>();
            services.AddSingleton<Migrator, SqliteMigrator>();
        }

        return services;
    }
}
