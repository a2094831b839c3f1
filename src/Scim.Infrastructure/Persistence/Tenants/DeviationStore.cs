using Dapper;
using Scim.Application.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class DeviationStore(IDatabase database) : IDeviationStore
{
    public Task<int> PruneAsync(DateTimeOffset lastSeenBefore, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (connection, transaction) =>
                connection.ExecuteAsync(
                    new CommandDefinition(
                        "delete from client_deviations where last_seen < @lastSeenBefore",
                        new { lastSeenBefore },
                        transaction,
                        cancellationToken: cancellationToken
                    )
                ),
            cancellationToken
        );
}
