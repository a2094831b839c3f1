namespace Scim.Infrastructure.Persistence;

internal enum DatabaseProvider
{
    Sqlite,
    PostgreSql,
}

/// <summary>Section <c>Database</c>. The connection strings are <c>ConnectionStrings:Scim</c> and <c>ConnectionStrings:ScimMigration</c>.</summary>
internal sealed class DatabaseOptions
{
    public const string Section = "Database";

    public DatabaseProvider Provider { get; set; } = DatabaseProvider.Sqlite;

    /// <summary>The file of the embedded database.</summary>
    public string Path { get; set; } = "./data/scim.db";

    /// <summary>Connections that serve requests; the embedded database opens as many readers.</summary>
    public int PoolSize { get; set; } = 16;

    /// <summary>Seconds after which a statement is given up.</summary>
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
