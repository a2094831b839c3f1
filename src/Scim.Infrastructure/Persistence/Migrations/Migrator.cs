namespace Scim.Infrastructure.Persistence.Migrations;

/// <summary>What stands between the database and this program.</summary>
internal sealed record MigrationStatus(IReadOnlyList<string> Pending, string? Problem)
{
    public bool IsCurrent => Pending.Count == 0 && Problem is null;
}

/// <summary>Brings a database to this program's schema: forward only, safe to run twice and by several at once.</summary>
internal abstract class Migrator
{
    /// <summary>The names of the migrations that were applied; none when all were.</summary>
    public abstract Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Throws what the database throws when it cannot be reached.</summary>
    public abstract Task<MigrationStatus> StatusAsync(CancellationToken cancellationToken);
}

/// <summary>The database and this program do not belong together; nothing was changed.</summary>
internal sealed class MigrationException(string message) : Exception(message);
