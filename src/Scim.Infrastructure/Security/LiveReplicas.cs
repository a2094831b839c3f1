using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Scim.Domain.Errors;
using Scim.Infrastructure.Persistence;

namespace Scim.Infrastructure.Security;

/// <summary>
/// How many processes serve requests on this database right now: each renews a row of its own every two seconds, by the
/// database's clock, and is gone after ten. A rate limit is granted in shares of it (design section 10).
/// </summary>
internal sealed partial class LiveReplicas(IDatabase database, TimeProvider clock, ILogger<LiveReplicas> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Guid _id = Guid.CreateVersion7();
    private int _count = 1;

    /// <summary>At least 1; the last known number while the database is away.</summary>
    public int Count => Volatile.Read(ref _count);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await RunAsync("delete from replicas where id = @id", cancellationToken);
        }
        catch (Exception exception) when (exception is ScimException or DbException or OperationCanceledException)
        {
            // The row is forgotten after ten seconds all the same.
            LogAway(logger, exception);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var away = false;
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await RenewAsync(stoppingToken);
                away = false;
            }
            // Whatever it is, an exception that left here would stop the host.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!away)
                {
                    LogAway(logger, exception);
                }

                away = true;
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var dialect = database.Dialect;
        var count = await RunAsync(
            $"""
            insert into replicas (id, last_seen) values (@id, {dialect.Now})
            on conflict (id) do update set last_seen = excluded.last_seen;
            delete from replicas where last_seen < {dialect.SecondsAgo(10)};
            select count(*) from replicas
            """,
            cancellationToken
        );
        Volatile.Write(ref _count, Math.Max(1, count));
    }

    private Task<int> RunAsync(string sql, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (connection, transaction) =>
                connection.ExecuteScalarAsync<int>(
                    new CommandDefinition(sql, new { id = _id }, transaction, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );

    [LoggerMessage(
        EventId = 2102,
        EventName = "ReplicasUnknown",
        Level = LogLevel.Warning,
        Message = "The live replicas cannot be counted; rate limits keep their last share"
    )]
    private static partial void LogAway(ILogger logger, Exception exception);
}
