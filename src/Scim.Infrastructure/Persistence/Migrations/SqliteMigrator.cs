using Dapper;
using Microsoft.Data.Sqlite;
using Scim.Application.Common;

namespace Scim.Infrastructure.Persistence.Migrations;

/// <summary>Everything in one transaction: a crash leaves the file as it was.</summary>
internal sealed class SqliteMigrator(
    DatabaseOptions options,
    SqliteConnections connections,
    TimeProvider clock,
    DatabaseFaults faults,
    MigrationSet? migrations = null
) : Migrator
{
    private readonly MigrationSet _migrations = migrations ?? MigrationSet.Of(DatabaseProvider.Sqlite);

    public override Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            RefuseOrphanedLog();
            var folder = Path.GetDirectoryName(Path.GetFullPath(options.Path))!;
            Directory.CreateDirectory(folder);
            using var link = SqliteLink.OpenWriter(options.Path, SqliteOpenMode.ReadWriteCreate);
            using var transaction = link.Connection.BeginTransaction(deferred: false);
            link.Connection.Execute(CreateTable, transaction: transaction);
            var pending = _migrations.Pending(Applied(link.Connection));
            foreach (var migration in pending)
            {
                link.Connection.Execute(migration.Sql, transaction: transaction);
                link.Connection.Execute(
                    "insert into schema_migrations (number, name, checksum, applied_at) values (@Number, @Name, @Checksum, @now)",
                    new
                    {
                        migration.Number,
                        migration.Name,
                        migration.Checksum,
                        now = clock.Now(),
                    },
                    transaction
                );
            }

            link.Connection.Execute(
                MigrationSet.SearchIndexes(DatabaseProvider.Sqlite, options.SearchIndexes),
                transaction: transaction
            );
            Seed(link.Connection, transaction);
            transaction.Commit();
            return Task.FromResult<IReadOnlyList<string>>([.. pending.Select(x => x.Name)]);
        }
        catch (SqliteException exception) when (faults.Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    public override async Task<MigrationStatus> StatusAsync(CancellationToken cancellationToken)
    {
        // A file that was open and is gone is not one that has yet to be made.
        if (!connections.IsOpen)
        {
            RefuseOrphanedLog();
            if (!File.Exists(options.Path))
            {
                return _migrations.Status([]);
            }
        }

        try
        {
            var applied = await connections.ReadAsync(
                link => new ValueTask<IReadOnlyList<AppliedMigration>>(Applied(link.Connection)),
                cancellationToken
            );
            return _migrations.Status(applied);
        }
        catch (SqliteException exception) when (faults.Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    private void RefuseOrphanedLog()
    {
        if (SqliteFile.FindOrphanedLog(options.Path) is { } problem)
        {
            throw new MigrationException(problem);
        }
    }

    private const string CreateTable = """
        create table if not exists schema_migrations (
            number integer not null primary key,
            name text not null,
            checksum text not null,
            applied_at integer not null
        ) strict
        """;

    private static List<AppliedMigration> Applied(SqliteConnection connection) =>
        connection.ExecuteScalar<long>(
            "select count(*) from sqlite_schema where name = @Table",
            new { MigrationSet.Table }
        ) == 0
            ? []
            : connection
                .Query<AppliedMigration>("select number, name, checksum from schema_migrations order by number")
                .AsList();

    private void Seed(SqliteConnection connection, SqliteTransaction transaction)
    {
        var now = clock.Now();
        connection.Execute(
            """
            insert into workspaces (id, slug, name, created_at)
            values (@id, 'default', 'Default workspace', @now) on conflict do nothing
            """,
            new { id = Guid.CreateVersion7(now), now },
            transaction
        );
        connection.Execute(
            "insert into configuration_epoch (id, value) values (1, 1) on conflict do nothing",
            transaction: transaction
        );

        // A restored copy of the file cannot be told from the file itself, so there is one epoch.
        connection.Execute(
            "insert into journal_epochs (epoch, system_identifier, started_at) values (1, 'sqlite', @now) on conflict do nothing",
            new { now },
            transaction
        );
    }
}
