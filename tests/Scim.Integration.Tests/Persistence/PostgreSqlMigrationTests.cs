using Dapper;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NUnit.Framework;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Migrations;

namespace Scim.Integration.Tests.Persistence;

/// <summary>What only a server has: clusters that are restored, and logins.</summary>
[Property("Capability", "Migrations: forward only, checked, safe to run twice")]
[Property("Database", "PostgreSql")]
internal sealed class PostgreSqlMigrationTests
{
    private PersistenceHost _host = null!;

    [SetUp]
    public async Task StartAsync() =>
        _host = await PersistenceHost.StartAsync(DatabaseProvider.PostgreSql, migrate: false);

    [TearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task A_restored_cluster_starts_a_new_epoch()
    {
        await _host.Migrator.MigrateAsync(default);
        await ExecuteAsync("update journal_epochs set system_identifier = 'another cluster'");

        await _host.Migrator.MigrateAsync(default);

        var tenant = await _host.CreateTenantAsync();
        await _host.Session(tenant).ApplyAsync(Users.Create(tenant, Guid.CreateVersion7(), "after"), default);
        (await _host.CountAsync("select epoch from journal")).Should().Be(2);
    }

    [Test]
    public async Task An_owner_without_superuser_rights_can_migrate_and_serve()
    {
        var owner = $"scim_owner_{Guid.NewGuid():N}";
        var database = new NpgsqlConnectionStringBuilder(_host.Strings.Serving).Database;
        await ExecuteAsync($"create role {owner} login createrole password 'p'");
        await ExecuteAsync($"alter database {database} owner to {owner}; alter schema public owner to {owner}");
        try
        {
            var login = new NpgsqlConnectionStringBuilder(_host.Strings.Serving) { Username = owner, Password = "p" };
            var strings = new ConnectionStrings(login.ConnectionString, null);
            await using var services = new ServiceCollection()
                .AddLogging()
                .AddMetrics()
                .AddPersistence(_host.Options, strings)
                .BuildServiceProvider();

            (await services.GetRequiredService<Migrator>().MigrateAsync(default)).Should().NotBeEmpty();
            (await services.GetRequiredService<Migrator>().StatusAsync(default)).IsCurrent.Should().BeTrue();
            var members = await _host.CountAsync(
                "select count(*) from pg_auth_members m join pg_roles r on r.oid = m.roleid where r.rolname = 'scim_search' and not m.admin_option"
            );
            members.Should().Be(0);
        }
        finally
        {
            await ExecuteAsync($"reassign owned by {owner} to current_user; drop owned by {owner}; drop role {owner}");
        }
    }

    private Task<int> ExecuteAsync(string sql) => _host.OnOwnerAsync(connection => connection.ExecuteAsync(sql));
}
