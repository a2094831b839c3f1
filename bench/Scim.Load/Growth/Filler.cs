using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using Scim.Load.Servers;

namespace Scim.Load.Growth;

/// <summary>Puts rows beside the measured tenant, or into its journal, by SQL: only the tables that matter.</summary>
internal sealed class Filler(DatabaseSide database)
{
    private const string Slug = "filler-";
    private const int UsersOfTenant = 10;
    private const int Template = 1000;

    private int _tenants;
    private int _journalRows;

    /// <summary>So many tenants in all, each new one with ten users.</summary>
    public async Task GrowTenantsAsync(int tenants)
    {
        var (from, to) = (_tenants + 1, tenants - 1);
        _tenants = Math.Max(_tenants, to);
        if (to < from)
        {
            return;
        }

        await InsertAsync(
            $"""
            insert into tenants (id, workspace_id, slug, name, plan, created_at)
            select {NewId}, t.workspace_id, '{Slug}' || n.value, t.name, t.plan, t.created_at
              from (select * from tenants where id = {Measured}) t, {Numbers(from, to)} n
            """
        );
        var columns = await ColumnsAsync("users", "tenant_id", "id", "seq");
        await InsertAsync(
            $"""
            insert into users (tenant_id, id, {columns})
            select t.id, {NewId}, {columns}
              from (select id from tenants where slug like '{Slug}%' and id not in (select tenant_id from users)) t,
                   (select {columns} from users where tenant_id = {Measured} limit {UsersOfTenant}) u
            """
        );
        await database.SettleAsync();
    }

    /// <summary>So many more rows in the journal of the measured tenant than its own requests wrote.</summary>
    public async Task GrowJournalAsync(int rows)
    {
        var missing = rows - _journalRows;
        if (missing <= 0)
        {
            return;
        }

        var columns = await ColumnsAsync("journal", "sequence", "xid");
        var template = Math.Min(missing, Template);
        await InsertAsync(
            $"""
            insert into journal ({columns})
            select {columns}
              from (select {columns} from journal where resource_id is not null limit {template}) j,
                   {Numbers(1, missing / template)} n
            """
        );
        await InsertAsync(
            """
            insert into journal_changes (tenant_id, sequence, salt, change)
            select j.tenant_id, j.sequence, c.salt, c.change
              from journal j, (select salt, change from journal_changes limit 1) c
             where j.change_digest is not null
               and not exists (
                   select 1 from journal_changes k where k.tenant_id = j.tenant_id and k.sequence = j.sequence)
            """
        );
        _journalRows = rows;
        await database.SettleAsync();
        await database.AwaitSealingAsync();
    }

    // Who was there before; those made here have users of the same names.
    private static string Measured =>
        $"(select tenant_id from users where tenant_id not in (select id from tenants where slug like '{Slug}%') limit 1)";

    private string NewId => database.IsPostgreSql ? "gen_random_uuid()" : "randomblob(16)";

    private string Numbers(int from, int to) =>
        database.IsPostgreSql
            ? $"(select value from generate_series({from}, {to}) as series (value))"
            : $"(with recursive c(value) as (select {from} union all select value + 1 from c where value < {to}) select value from c)";

    /// <summary>What a copy of a row keeps: all columns but the given ones and those that are computed.</summary>
    private async Task<string> ColumnsAsync(string table, params string[] without)
    {
        var names = database.IsPostgreSql
            ? await NamesAsync(
                $"""
                select column_name from information_schema.columns
                 where table_schema = 'public' and table_name = '{table}' and is_generated = 'NEVER'
                 order by ordinal_position
                """
            )
            : await NamesAsync($"select name from pragma_table_info('{table}')");
        return string.Join(", ", names.Except(without));
    }

    private async Task<List<string>> NamesAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var names = new List<string>();
        while (await reader.ReadAsync())
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private async Task InsertAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = connection.CreateCommand();
        (command.CommandText, command.CommandTimeout) = (sql, 3600);
        if (await command.ExecuteNonQueryAsync() == 0)
        {
            throw new LoadException($"Nothing was inserted by: {sql}");
        }
    }

    private async Task<DbConnection> OpenAsync()
    {
        DbConnection connection = database.IsPostgreSql
            ? new NpgsqlConnection(database.ConnectionString)
            : new SqliteConnection($"Data Source={database.Path};Pooling=false;Default Timeout=600");
        await connection.OpenAsync();
        return connection;
    }
}
