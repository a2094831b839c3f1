using System.Collections.Concurrent;
using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

/// <summary>Counts deviations in memory and adds them to the client's rows every ten seconds and at shutdown.</summary>
internal sealed partial class DeviationRecorder(
    IDatabase database,
    TimeProvider clock,
    ILogger<DeviationRecorder> logger
) : BackgroundService, IDeviationRecorder
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private const int Limit = 50_000;

    private const string Add = """
        insert into client_deviations (tenant_id, client_id, kind, count, first_seen, last_seen)
        select tenant_id, id, @kind, @count, @now, @now from scim_clients where tenant_id = @tenant and id = @client
        on conflict (tenant_id, client_id, kind)
        do update set count = client_deviations.count + excluded.count, last_seen = excluded.last_seen
        """;

    private ConcurrentDictionary<(TenantId Tenant, Guid Client, Deviation Kind), long> _counts = new();

    public void Record(Caller caller, IReadOnlyCollection<Deviation> deviations)
    {
        var counts = _counts;
        if (counts.Count >= Limit)
        {
            return;
        }

        foreach (var deviation in deviations)
        {
            counts.AddOrUpdate((caller.TenantId, caller.ClientId, deviation), 1, (_, count) => count + 1);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await FlushAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Period, clock, stoppingToken);
            await FlushAsync(stoppingToken);
        }
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        var counts = Interlocked.Exchange(ref _counts, new());
        if (counts.IsEmpty)
        {
            return;
        }

        var now = clock.Now();
        var rows = counts
            .Select(entry => new
            {
                tenant = entry.Key.Tenant.Value,
                client = entry.Key.Client,
                kind = entry.Key.Kind.ToString(),
                count = entry.Value,
                now,
            })
            .ToArray();
        try
        {
            await database.WriteAsync(
                (connection, transaction) =>
                    connection.ExecuteAsync(
                        new CommandDefinition(Add, rows, transaction, cancellationToken: cancellationToken)
                    ),
                cancellationToken
            );
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Statistics only: losing some while the database is away is better than keeping them without bound.
            Lost(exception, rows.Length);
        }
    }

    [LoggerMessage(
        1,
        LogLevel.Warning,
        "Dropped the deviations of {Count} clients and kinds",
        EventName = "deviations-dropped"
    )]
    private partial void Lost(Exception exception, int count);
}
