using Scim.Infrastructure.Persistence.Migrations;

namespace Scim.Infrastructure.Persistence;

/// <summary>The schema that this build expects in the database, as the hosts and the verbs see it.</summary>
public interface IMigrations
{
    /// <summary>
    /// How many migrations are still to be applied. Creates nothing; throws when the database cannot be reached or
    /// belongs to another build.
    /// </summary>
    Task<int> CountPendingAsync(CancellationToken cancellationToken);

    /// <summary>Applies them, one process at a time; returns how many were applied.</summary>
    Task<int> ApplyAsync(CancellationToken cancellationToken);
}

internal sealed class MigratorMigrations(Migrator migrator) : IMigrations
{
    public async Task<int> CountPendingAsync(CancellationToken cancellationToken)
    {
        var status = await migrator.StatusAsync(cancellationToken);
        return status.Problem is { } problem ? throw new MigrationException(problem) : status.Pending.Count;
    }

    public async Task<int> ApplyAsync(CancellationToken cancellationToken) =>
        (await migrator.MigrateAsync(cancellationToken)).Count;
}
