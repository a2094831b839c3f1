using Dapper;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Migrations;

namespace Scim.Integration.Tests.Persistence;

[TestFixture(DatabaseProvider.Sqlite)]
[TestFixture(DatabaseProvider.PostgreSql)]
[Property("Capability", "Migrations: forward only, checked, safe to run twice")]
internal sealed class MigrationTests(DatabaseProvider provider)
{
    private PersistenceHost _host = null!;

    [SetUp]
    public async Task StartAsync() => _host = await PersistenceHost.StartAsync(provider, migrate: false);

    [TearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task Migrating_twice_changes_nothing()
    {
        (await _host.Migrator.StatusAsync(default)).Pending.Should().NotBeEmpty();
        (await _host.Migrator.MigrateAsync(default)).Should().NotBeEmpty();

        (await _host.Migrator.MigrateAsync(default)).Should().BeEmpty();

        (await _host.Migrator.StatusAsync(default)).IsCurrent.Should().BeTrue();
        (await _host.CountAsync("select count(*) from workspaces where slug = 'default'")).Should().Be(1);
        (await _host.CountAsync("select count(*) from journal_epochs")).Should().Be(1);
        (await _host.CountAsync("select value from configuration_epoch")).Should().Be(1);
    }

    [Test]
    public async Task Several_can_migrate_at_once()
    {
        var applied = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(() =>
                        ActivatorUtilities.CreateInstance(Services(), MigratorType()) is Migrator migrator
                            ? migrator.MigrateAsync(default)
                            : throw new InvalidOperationException()
                    )
                )
        );

        applied.SelectMany(x => x).Should().OnlyHaveUniqueItems().And.HaveCount(MigrationSet.Of(provider).All.Count);
        (await _host.Migrator.StatusAsync(default)).IsCurrent.Should().BeTrue();
    }

    [Test]
    public async Task Settings_that_tenants_had_are_kept()
    {
        await _host.Migrator.MigrateAsync(default);
        var tenant = await _host.CreateTenantAsync();
        await OnOwnerAsync("drop table settings_versions");
        await OnOwnerAsync("delete from schema_migrations where number in (16, 22)");
        // As it was before the scripts that read and drop it.
        foreach (var made in new[] { "journal_members", "journal_member_positions", "journal_checkpoint_deliveries" })
        {
            await OnOwnerAsync($"drop table {made}");
        }

        await OnOwnerAsync("create index journal_groups on journal (tenant_id)");
        await OnOwnerAsync(
            "create table tenant_settings as select id as tenant_id, 'groups.uniqueDisplayName' as name, 'false' as value from tenants"
        );
        if (provider == DatabaseProvider.PostgreSql)
        {
            await OnOwnerAsync("grant select on tenant_settings to scim_control");
        }

        await _host.Migrator.MigrateAsync(default);

        var stored = await _host.Database.ReadAsync(
            connection =>
                connection.QuerySingleAsync<(long Version, string Settings)>(
                    "select version, settings from settings_versions where tenant_id = @tenant",
                    new { tenant }
                ),
            default
        );
        stored.Version.Should().Be(2);
        Application
            .Settings.StoredSettings.Read(2, stored.Settings)
            .Values["groups.uniqueDisplayName"]
            .GetBoolean()
            .Should()
            .BeFalse();
    }

    [Test]
    public async Task A_changed_checksum_is_refused()
    {
        await _host.Migrator.MigrateAsync(default);
        await OnOwnerAsync("update schema_migrations set checksum = 'other' where number = 1");

        var act = () => _host.Migrator.MigrateAsync(default);

        await act.Should().ThrowAsync<MigrationException>().WithMessage("*0001_tenants*another content*");
        (await _host.Migrator.StatusAsync(default)).Problem.Should().Contain("0001_tenants");
    }

    [Test]
    public async Task A_database_newer_than_the_program_is_refused()
    {
        await _host.Migrator.MigrateAsync(default);
        await OnOwnerAsync(
            "insert into schema_migrations (number, name, checksum, applied_at) select 9999, '9999_future', 'x', applied_at from schema_migrations where number = 1"
        );

        var act = () => _host.Migrator.MigrateAsync(default);

        await act.Should().ThrowAsync<MigrationException>().WithMessage("*9999_future*newer version*");
        (await _host.Migrator.StatusAsync(default)).IsCurrent.Should().BeFalse();
    }

    private IServiceProvider Services() => _host.Get<IServiceProvider>();

    private Type MigratorType() =>
        provider == DatabaseProvider.PostgreSql ? typeof(PostgreSqlMigrator) : typeof(SqliteMigrator);

    private Task<int> OnOwnerAsync(string sql) =>
        provider == DatabaseProvider.PostgreSql
            ? _host.OnOwnerAsync(connection => connection.ExecuteAsync(sql))
            : _host.Database.WriteAsync(
                (connection, transaction) => connection.ExecuteAsync(sql, transaction: transaction),
                default
            );
}
