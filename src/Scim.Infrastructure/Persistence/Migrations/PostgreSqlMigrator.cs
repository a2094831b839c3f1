using Dapper;
using Npgsql;
using Scim.Application.Common;

namespace Scim.Infrastructure.Persistence.Migrations;

/// <summary>Roles first (they belong to the cluster), then each script in a transaction of its own, all under one lock.</summary>
internal sealed class PostgreSqlMigrator(
    DatabaseOptions options,
    ConnectionStrings strings,
    PostgreSqlConnections connections,
    TimeProvider clock,
    DatabaseFaults faults,
    MigrationSet? migrations = null
) : Migrator
{
    private const long Lock = 0x5343494D; // "SCIM"
    private const int RoleAttempts = 10;

    private readonly MigrationSet _migrations = migrations ?? MigrationSet.Of(DatabaseProvider.PostgreSql);

    public override async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Without pooling, closing the connection ends the session and with it the lock, whatever happened before.
            var builder = new NpgsqlConnectionStringBuilder(strings.Migrating)
            {
                Pooling = false,
                SearchPath = "public",
                CommandTimeout = 0,
                ApplicationName = "scim_migrate",
            };
            await using var source = new NpgsqlDataSourceBuilder(builder.ConnectionString)
            {
                Name = builder.ApplicationName,
            }.Build();
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await connection.ExecuteAsync("select pg_advisory_lock(@Lock)", new { Lock });
            await EnsureRolesAsync(connection, cancellationToken);
            await connection.ExecuteAsync(CreateTable);
            var pending = _migrations.Pending(await AppliedAsync(connection));
            foreach (var migration in pending)
            {
                await ApplyAsync(connection, migration, cancellationToken);
            }

            await connection.ExecuteAsync(
                MigrationSet.SearchIndexes(DatabaseProvider.PostgreSql, options.SearchIndexes)
            );
            await SeedAsync(connection, cancellationToken);
            return [.. pending.Select(x => x.Name)];
        }
        catch (Exception exception) when (faults.Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    public override async Task<MigrationStatus> StatusAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await connections.Control.OpenConnectionAsync(cancellationToken);
            return _migrations.Status(await AppliedAsync(connection));
        }
        catch (PostgresException exception)
            when (exception.SqlState
                    is PostgresErrorCodes.InvalidParameterValue
                        or PostgresErrorCodes.UndefinedTable
                        or PostgresErrorCodes.InsufficientPrivilege
            )
        {
            return _migrations.Status([]);
        }
        catch (Exception exception) when (faults.Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    private const string CreateTable = """
        create table if not exists schema_migrations (
            number integer primary key,
            name text not null,
            checksum text not null,
            applied_at timestamptz not null
        );
        grant select on schema_migrations to scim_app, scim_control
        """;

    private async Task EnsureRolesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var login = new NpgsqlConnectionStringBuilder(strings.Serving).Username;
        var script = MigrationSet.Script(DatabaseProvider.PostgreSql, "roles");
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await connection.ExecuteAsync("select set_config('scim.serving_login', @login, false)", new { login });
                await connection.ExecuteAsync(script);
                return;
            }
            catch (PostgresException exception) when (attempt < RoleAttempts && IsRace(exception))
            {
                // Another database of the same cluster is being migrated; the advisory lock does not reach there.
                await Task.Delay(Random.Shared.Next(20, 100 * attempt), cancellationToken);
            }
        }
    }

    private static bool IsRace(PostgresException exception) =>
        exception.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation
        || exception.MessageText.StartsWith("tuple concurrently", StringComparison.Ordinal);

    private async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                await connection.ExecuteAsync(migration.Sql, transaction: transaction);
                await connection.ExecuteAsync(
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
                await transaction.CommitAsync(cancellationToken);
                return;
            }
            catch (PostgresException exception) when (attempt < RoleAttempts && IsRace(exception))
            {
                await Task.Delay(Random.Shared.Next(20, 100 * attempt), cancellationToken);
            }
        }
    }

    private static async Task<List<AppliedMigration>> AppliedAsync(NpgsqlConnection connection) =>
        (
            await connection.QueryAsync<AppliedMigration>(
                "select number, name, checksum from schema_migrations order by number"
            )
        ).AsList();

    private async Task SeedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(
            """
            insert into workspaces (id, slug, name, created_at)
            values (@id, 'default', 'Default workspace', @now) on conflict do nothing
            """,
            new { id = Guid.CreateVersion7(now), now },
            transaction
        );
        await connection.ExecuteAsync(
            "insert into configuration_epoch (id, value) values (1, 1) on conflict do nothing",
            transaction: transaction
        );
        await StartEpochAsync(connection, transaction, now);
        await transaction.CommitAsync(cancellationToken);
    }

    // Transaction ids start anew in a restored cluster, so a position is only ordered within an epoch (design section 3).
    private static async Task StartEpochAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        DateTimeOffset now
    )
    {
        var last = await connection.QuerySingleOrDefaultAsync<(int Epoch, string System)>(
            "select epoch, system_identifier from journal_epochs order by epoch desc limit 1",
            transaction: transaction
        );
        var system = await connection.QuerySingleAsync<string>(
            "select system_identifier::text from pg_control_system()",
            transaction: transaction
        );
        if (last.System == system)
        {
            return;
        }

        var epoch = last.Epoch + 1;
        await connection.ExecuteAsync(
            "insert into journal_epochs (epoch, system_identifier, started_at) values (@epoch, @system, @now)",
            new
            {
                epoch,
                system,
                now,
            },
            transaction
        );
        await connection.ExecuteAsync(
            $"alter table journal alter column epoch set default {epoch}",
            transaction: transaction
        );
    }
}
