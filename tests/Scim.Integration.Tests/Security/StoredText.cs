using System.Data.Common;
using System.Text;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Scim.Infrastructure.Persistence;
using Scim.TestKit;

namespace Scim.Integration.Tests.Security;

/// <summary>All that a database holds, as whoever has the whole of it would read it.</summary>
internal static class StoredText
{
    private const string SqliteColumns = """
        select m.name, c.name from sqlite_schema m, pragma_table_xinfo(m.name) c
         where m.type = 'table' and m.name not like 'sqlite_%' and lower(c.type) = 'blob'
        """;

    private const string PostgreSqlColumns = """
        select c.table_name::text, c.column_name::text
          from information_schema.columns c
          join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
         where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type = 'bytea'
        """;

    private const string PostgreSqlTables = """
        select format('%I.%I', schemaname, tablename) from pg_tables
         where schemaname not in ('pg_catalog', 'information_schema')
        """;

    /// <summary>Every row of every table as text, bytes in hexadecimal; with SQLite the files as they lie there.</summary>
    public static async Task<string> ReadAsync(TestDatabase database)
    {
        if (database.Kind == DatabaseKind.Sqlite)
        {
            var file = database.Configuration["Database:Path"];
            return await BytesAsync(file) + await BytesAsync(file + "-wal");
        }

        var text = new StringBuilder();
        await using var connection = new NpgsqlConnection(database.Configuration["ConnectionStrings:Scim"]);
        foreach (var table in await connection.QueryAsync<string>(PostgreSqlTables))
        {
            foreach (var row in await connection.QueryAsync<string>($"select t::text from {table} t"))
            {
                text.AppendLine(row);
            }
        }

        return text.ToString();
    }

    private static async Task<string> BytesAsync(string file)
    {
        if (!File.Exists(file))
        {
            return "";
        }

        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return Encoding.Latin1.GetString(bytes.ToArray());
    }

    /// <summary>Every value of every column of bytes, with the names of table and column.</summary>
    public static async Task<IReadOnlyList<(string Column, byte[] Value)>> BytesAsync(ApiServer server)
    {
        if (server.Database.Kind == DatabaseKind.Sqlite)
        {
            return await server
                .Services.GetRequiredService<IDatabase>()
                .ReadAsync(connection => BytesAsync(connection, SqliteColumns), default);
        }

        await using var connection = new NpgsqlConnection(server.Database.Configuration["ConnectionStrings:Scim"]);
        await connection.OpenAsync();
        return await BytesAsync(connection, PostgreSqlColumns);
    }

    private static async Task<IReadOnlyList<(string Column, byte[] Value)>> BytesAsync(
        DbConnection connection,
        string columns
    )
    {
        var found = new List<(string, byte[])>();
        foreach (var (table, column) in await connection.QueryAsync<(string, string)>(columns))
        {
            var sql = $"select {column} from {table} where {column} is not null";
            found.AddRange((await connection.QueryAsync<byte[]>(sql)).Select(value => ($"{table}.{column}", value)));
        }

        return found;
    }
}
