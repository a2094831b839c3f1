using Dapper;
using FluentAssertions;
using NUnit.Framework;
using Scim.Infrastructure.Persistence;

namespace Scim.Integration.Tests.Persistence;

internal sealed class SchemaParityTests
{
    private static readonly Dictionary<string, string> SqliteTypes = new()
    {
        ["uuid"] = "BLOB",
        ["bytea"] = "BLOB",
        ["text"] = "TEXT",
        ["json"] = "TEXT",
        ["bigint"] = "INTEGER",
        ["integer"] = "INTEGER",
        ["smallint"] = "INTEGER",
        ["boolean"] = "INTEGER",
        ["timestamp with time zone"] = "INTEGER",
        ["xid8"] = "INTEGER",
    };

    private PersistenceHost _sqlite = null!;
    private PersistenceHost _postgreSql = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _sqlite = await PersistenceHost.StartAsync(DatabaseProvider.Sqlite);
        _postgreSql = await PersistenceHost.StartAsync(DatabaseProvider.PostgreSql);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _sqlite.DisposeAsync();
        await _postgreSql.DisposeAsync();
    }

    [Test]
    public async Task Both_databases_have_the_same_tables_columns_and_types()
    {
        var postgreSql = await _postgreSql.OnOwnerAsync(async connection =>
            (
                await connection.QueryAsync<(string Table, string Column, string Type, bool Required)>(
                    """
                    select table_name::text, column_name::text, data_type::text, is_nullable = 'NO'
                      from information_schema.columns where table_schema = 'public'
                    """
                )
            ).AsList()
        );
        var sqlite = await _sqlite.Database.ReadAsync(
            async connection =>
                (
                    await connection.QueryAsync<(string Table, string Column, string Type, bool Required)>(
                        """
                        select m.name, c.name, upper(c.type), c."notnull" or c.pk
                          from sqlite_schema m, pragma_table_xinfo(m.name) c
                         where m.type = 'table' and m.name not like 'sqlite_%'
                        """
                    )
                ).AsList(),
            default
        );

        sqlite
            .Where(x => x.Column != "xid")
            .Should()
            .BeEquivalentTo(
                postgreSql
                    .Where(x => x.Column != "xid")
                    .Select(x => (x.Table, x.Column, SqliteTypes[x.Type], x.Required))
            );
        sqlite.Count(x => x.Column == "xid").Should().Be(1);
    }

    [Test]
    public async Task Both_databases_have_the_same_unique_constraints()
    {
        var postgreSql = await _postgreSql.OnOwnerAsync(async connection =>
            (
                await connection.QueryAsync<string>(
                    """
                    select string_agg(a.attname, ',' order by k.position) || ' of ' || i.indrelid::regclass::text
                      from pg_index i join pg_class c on c.oid = i.indrelid,
                           lateral unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality k(attnum, position)
                      join pg_attribute a on a.attnum = k.attnum
                     where a.attrelid = i.indrelid and i.indisunique and c.relnamespace = 'public'::regnamespace
                     group by i.indexrelid, i.indrelid
                    """
                )
            ).AsList()
        );
        var sqlite = await _sqlite.Database.ReadAsync(
            async connection =>
                (
                    await connection.QueryAsync<string>(
                        """
                        select (select group_concat(name) from (select name from pragma_index_info(i.name) order by seqno)) || ' of ' || m.name
                          from sqlite_schema m, pragma_index_list(m.name) i where m.type = 'table' and i."unique"
                        union
                        select c.name || ' of ' || m.name from sqlite_schema m, pragma_table_info(m.name) c
                         where m.type = 'table' and c.pk = 1 and m.name in ('schema_migrations', 'configuration_epoch', 'journal_epochs')
                        """
                    )
                ).AsList(),
            default
        );
        sqlite.Should().BeEquivalentTo(postgreSql);
    }
}
