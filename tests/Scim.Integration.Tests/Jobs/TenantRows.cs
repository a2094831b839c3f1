using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;
using Scim.TestKit;

namespace Scim.Integration.Tests.Jobs;

/// <summary>What a tenant has, table by table, as the database's owner sees it.</summary>
internal static class TenantRows
{
    private const string PostgreSqlTables = """
        select table_name::text from information_schema.columns where table_schema = 'public' and column_name = 'tenant_id'
        """;

    private const string SqliteTables = """
        select m.name from sqlite_schema m, pragma_table_info(m.name) c where m.type = 'table' and c.name = 'tenant_id'
        """;

    /// <summary>To read past all roles.</summary>
    public static async Task<DbConnection> OpenAsync(TestDatabase database)
    {
        DbConnection connection =
            database.Kind == DatabaseKind.PostgreSql
                ? new NpgsqlConnection(database.Configuration["ConnectionStrings:Scim"])
                : new SqliteConnection($"Data Source={database.Configuration["Database:Path"]};Mode=ReadOnly");
        await connection.OpenAsync();
        return connection;
    }

    public static async Task<Dictionary<string, long>> CountAsync(TestDatabase database, Guid tenant)
    {
        var isPostgreSql = database.Kind == DatabaseKind.PostgreSql;
        await using var connection = await OpenAsync(database);
        var counts = new Dictionary<string, long>();
        foreach (var table in await connection.QueryAsync<string>(isPostgreSql ? PostgreSqlTables : SqliteTables))
        {
            var rows = await connection.ExecuteScalarAsync<long>(
                $"select count(*) from {table} where tenant_id = @tenant",
                new { tenant }
            );
            if (rows > 0)
            {
                counts[table] = rows;
            }
        }

        return counts;
    }
}
