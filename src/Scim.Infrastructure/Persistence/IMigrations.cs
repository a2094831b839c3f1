namespace Scim.Infrastructure.Persistence;

/// <summary>The schema that this build expects in the database.</summary>
public interface IMigrations
{
    /// <summary>How many migrations are still to be applied. Creates nothing.</summary>
    Task<int> CountPendingAsync(CancellationToken cancellationToken);

    /// <summary>Applies them, one process at a time; returns how many were applied.</summary>
    Task<int> ApplyAsync(CancellationToken cancellationToken);
}
