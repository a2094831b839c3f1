using Dapper;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Migrations;

namespace Scim.Infrastructure.Hosting.Readiness;

internal sealed class DatabaseCheck(IDatabase database) : IReadinessCheck
{
    public string Name => "database";

    public async Task<(bool Ok, string Detail)> CheckAsync(CancellationToken cancellationToken)
    {
        await database.ReadAsync(
            connection =>
                connection.ExecuteScalarAsync<int>(
                    new CommandDefinition("select 1", cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return (true, "reachable");
    }
}

internal sealed class MigrationsCheck(IMigrations migrations) : IReadinessCheck
{
    public string Name => "migrations";

    public async Task<(bool Ok, string Detail)> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            var pending = await migrations.CountPendingAsync(cancellationToken);
            return pending == 0 ? (true, "current") : (false, $"{pending} pending; run the migrate verb");
        }
        catch (MigrationException exception)
        {
            return (false, exception.Message);
        }
    }
}
