using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Scim.Infrastructure.Persistence;

internal enum DatabaseProvider
{
    Sqlite,
    PostgreSql,
}

internal sealed class DatabaseOptions
{
    public const string Section = "Database";
    public const string DefaultPath = "./data/scim.db";

    [Description("Which database holds everything: the embedded one, or a PostgreSQL server.")]
    public DatabaseProvider Provider { get; set; } = DatabaseProvider.Sqlite;

    [Description("The file of the embedded database; its directory is created.")]
    [Required]
    public string Path { get; set; } = DefaultPath;

    [Description("Connections, per role, that serve requests; the embedded database opens as many readers.")]
    [Range(1, 1000)]
    public int PoolSize { get; set; } = 16;

    [Description(
        "Indexes for searches by names, by parts and ends of values, by creation and for inactive users. Without them those "
            + "read the whole tenant, and writes are cheaper. Takes effect with the next migrate."
    )]
    public bool SearchIndexes { get; set; } = true;

    [Description("Seconds after which a statement is given up.")]
    [Range(1, 3600)]
    public int CommandTimeout { get; set; } = 30;
}

/// <summary>The two logins of PostgreSQL; without one of its own, migration uses the serving login.</summary>
internal sealed record ConnectionStrings(string? Scim, string? ScimMigration)
{
    public const string Missing =
        "Database:Provider is PostgreSql, but ConnectionStrings:Scim (environment ConnectionStrings__Scim) is not set.";

    public string Serving => Scim ?? throw new InvalidOperationException(Missing);

    public string Migrating => ScimMigration ?? Serving;
}
