using Dapper;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Domain.Text;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Migrations;

namespace Scim.Integration.Tests.Persistence;

[TestFixture(DatabaseProvider.Sqlite)]
[TestFixture(DatabaseProvider.PostgreSql)]
[Property(
    "Capability",
    "Search indexes: keys read backwards, trigrams, inactive users; switched off by Database:SearchIndexes"
)]
internal sealed class SearchIndexTests(DatabaseProvider provider)
{
    private static readonly string[] Texts = ["anna@example.com", "žofie 🦊 ab", "", "a"];

    private PersistenceHost _host = null!;

    [SetUp]
    public async Task StartAsync() => _host = await PersistenceHost.StartAsync(provider, migrate: false);

    [TearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task Indexes_go_and_come_back_with_the_setting()
    {
        await _host.Migrator.MigrateAsync(default);
        var all = await IndexesAsync();
        all.Should()
            .Contain(["users_user_name_reversed", "users_inactive", "users_created_at", "users_family_name_key"]);
        if (provider == DatabaseProvider.PostgreSql)
        {
            all.Should().Contain(["users_trigrams", "user_emails_trigrams", "groups_trigrams"]);
        }

        _host.Options.SearchIndexes = false;
        await _host.Migrator.MigrateAsync(default);
        var few = await IndexesAsync();
        few.Should().BeSubsetOf(all).And.HaveCount(all.Count - (provider == DatabaseProvider.PostgreSql ? 13 : 10));
        few.Should().Contain(["users_user_name_key", "users_external_id", "users_email_key", "users_last_modified"]);

        _host.Options.SearchIndexes = true;
        await _host.Migrator.MigrateAsync(default);
        (await IndexesAsync()).Should().BeEquivalentTo(all);
    }

    [Test]
    public async Task Rows_of_an_older_version_get_their_keys_read_backwards()
    {
        var older = new MigrationSet(MigrationSet.Of(provider).All.Where(migration => migration.Number < 8));
        _host.Options.SearchIndexes = false;
        await (
            (Migrator)ActivatorUtilities.CreateInstance(_host.Get<IServiceProvider>(), MigratorType(), older)
        ).MigrateAsync(default);
        var tenant = provider == DatabaseProvider.PostgreSql ? "gen_random_uuid()" : "randomblob(16)";
        var now = provider == DatabaseProvider.PostgreSql ? "now()" : "0";
        foreach (var text in Texts)
        {
            await OnOwnerAsync(
                $$"""
                insert into users (tenant_id, id, user_name_key, display_name_key, active, document, created_at, last_modified)
                values ({{tenant}}, {{tenant}}, @text, @text, true, '{}', {{now}}, {{now}})
                """,
                new { text }
            );
        }

        await _host.Migrator.MigrateAsync(default);

        var found = await RowsAsync<(string Key, string Reversed, string Display, string? Email)>(
            "select user_name_key, user_name_reversed, display_name_reversed, email_reversed from users"
        );
        found
            .Should()
            .BeEquivalentTo(Texts.Select(text => (text, Folding.Reverse(text), Folding.Reverse(text), (string?)null)));
    }

    private Task<List<string>> IndexesAsync() =>
        RowsAsync<string>(
            provider == DatabaseProvider.PostgreSql
                ? "select indexname::text from pg_indexes where schemaname = 'public'"
                : "select name from sqlite_schema where type = 'index' and name not like 'sqlite_%'"
        );

    private Type MigratorType() =>
        provider == DatabaseProvider.PostgreSql ? typeof(PostgreSqlMigrator) : typeof(SqliteMigrator);

    private Task<List<T>> RowsAsync<T>(string sql) =>
        provider == DatabaseProvider.PostgreSql
            ? _host.OnOwnerAsync(async connection => (await connection.QueryAsync<T>(sql)).AsList())
            : _host.Database.ReadAsync(async connection => (await connection.QueryAsync<T>(sql)).AsList(), default);

    private Task<int> OnOwnerAsync(string sql, object parameters) =>
        provider == DatabaseProvider.PostgreSql
            ? _host.OnOwnerAsync(connection => connection.ExecuteAsync(sql, parameters))
            : _host.Database.WriteAsync(
                (connection, transaction) => connection.ExecuteAsync(sql, parameters, transaction),
                default
            );
}
