using System.Data.Common;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Npgsql;
using Scim.TestKit;

namespace Scim.Integration.Tests;

/// <summary>A change as it lies beside its journal row, read past the application.</summary>
internal sealed record JournalChange(string Operation, string Text, byte[] Salt, byte[] Digest)
{
    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>Those of one resource, in order.</summary>
    public static async Task<IReadOnlyList<JournalChange>> ReadAsync(ApiServer server, string resourceId)
    {
        var changes = new List<JournalChange>();
        await using var connection = await OpenAsync(server.Database);
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"select j.operation, c.change, c.salt, j.change_digest from journal j join journal_changes c on c.tenant_id = j.tenant_id and c.sequence = j.sequence where j.resource_id = '{resourceId}' order by j.sequence";
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            changes.Add(
                new JournalChange(
                    reader.GetString(0),
                    reader.GetString(1),
                    (byte[])reader.GetValue(2),
                    (byte[])reader.GetValue(3)
                )
            );
        }

        return changes;
    }

    private static async Task<DbConnection> OpenAsync(TestDatabase database)
    {
        DbConnection connection =
            database.Kind == DatabaseKind.PostgreSql
                ? new NpgsqlConnection(database.Configuration["ConnectionStrings:Scim"])
                : new SqliteConnection($"Data Source={database.Configuration["Database:Path"]};Pooling=False");
        await connection.OpenAsync();
        return connection;
    }
}
