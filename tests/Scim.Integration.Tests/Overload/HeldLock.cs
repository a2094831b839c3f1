using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;
using Scim.TestKit;

namespace Scim.Integration.Tests.Overload;

/// <summary>What a stuck process does to the others: on PostgreSQL a user's row is locked, on SQLite all writing.</summary>
internal sealed class HeldLock : IAsyncDisposable
{
    private readonly DbConnection _connection;

    private HeldLock(DbConnection connection) => _connection = connection;

    public static async Task<HeldLock> TakeAsync(TestDatabase database, string userId)
    {
        var connection = await OtherSession.OpenAsync(database);
        if (database.Kind == DatabaseKind.Sqlite)
        {
            await connection.ExecuteAsync("begin immediate");
        }
        else
        {
            await connection.ExecuteAsync("begin transaction");
            await connection.ExecuteAsync(
                "select 1 from users where id = @id for update",
                new { id = Guid.Parse(userId) }
            );
        }

        return new HeldLock(connection);
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.ExecuteAsync("rollback transaction");
        await _connection.DisposeAsync();
    }
}

/// <summary>A connection of no server's, past row-level security.</summary>
internal static class OtherSession
{
    public static async Task<DbConnection> OpenAsync(TestDatabase database)
    {
        DbConnection connection =
            database.Kind == DatabaseKind.Sqlite
                ? new SqliteConnection(
                    $"Data Source={database.Configuration["Database:Path"]};Pooling=false;Default Timeout=60"
                )
                : new NpgsqlConnection(database.Configuration["ConnectionStrings:Scim"] + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }
}
