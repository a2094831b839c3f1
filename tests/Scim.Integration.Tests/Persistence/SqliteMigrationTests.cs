using Dapper;
using FluentAssertions;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Migrations;

namespace Scim.Integration.Tests.Persistence;

[Property("Capability", "Migrations: forward only, checked, safe to run twice")]
[Property("Database", "Sqlite")]
internal sealed class SqliteMigrationTests
{
    private PersistenceHost _host = null!;

    [SetUp]
    public async Task StartAsync() => _host = await PersistenceHost.StartAsync(DatabaseProvider.Sqlite, migrate: false);

    [TearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task Changes_of_an_older_file_stay_as_they_were()
    {
        var older = new MigrationSet(MigrationSet.Of(DatabaseProvider.Sqlite).All.Where(x => x.Number < 26));
        await ActivatorUtilities
            .CreateInstance<SqliteMigrator>(_host.Get<IServiceProvider>(), older)
            .MigrateAsync(default);
        // Of two tenants in turn, one longer than a page.
        await ExecuteAsync(
            """
            insert into journal_changes (tenant_id, sequence, salt, change)
            with recursive n(value) as (select 1 union all select value + 1 from n where value < 40)
            select case when value % 2 = 0 then x'00' else x'01' end, value * 3, randomblob(16), hex(randomblob(value * 100)) from n
            """
        );
        var before = await ChangesAsync();

        await _host.Migrator.MigrateAsync(default);

        (await ChangesAsync()).Should().Equal(before).And.HaveCount(40);
        var altering = () => ExecuteAsync("update journal_changes set change = ''");
        (await altering.Should().ThrowAsync<SqliteException>()).WithMessage("*never altered*");
        var again = () =>
            ExecuteAsync("insert into journal_changes (tenant_id, sequence, salt, change) values (x'00', 3, x'', '')");
        (await again.Should().ThrowAsync<Exception>())
            .WithInnerException<SqliteException>()
            .WithMessage("*UNIQUE constraint failed*");
    }

    private Task<List<(string Tenant, long Sequence, string Salt, string Change)>> ChangesAsync() =>
        _host.Database.ReadAsync(
            async connection =>
                (
                    await connection.QueryAsync<(string, long, string, string)>(
                        "select hex(tenant_id), sequence, hex(salt), change from journal_changes order by sequence"
                    )
                ).AsList(),
            default
        );

    private Task<int> ExecuteAsync(string sql) =>
        _host.Database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(sql, transaction: transaction),
            default
        );
}
