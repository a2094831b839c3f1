using System.Diagnostics.Metrics;
using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Scim.Application.Common;
using Scim.Application.Common.Behaviors;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Journal;

namespace Scim.Infrastructure.Persistence.Tenants;

/// <summary>
/// Looks every hour for tokens that run out and that nothing has replaced. Each threshold of each token is told of once in the
/// journal, whichever replica sees it first, and then in that replica's log; the gauge tells how many there are.
/// </summary>
internal sealed partial class TokenExpiryWatch : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);
    private const int Limit = 10_000;

    private const string SelectExpiring = """
        select tenant_id, id, client_id, expires_at, warned_days
          from tokens
         where revoked_at is null and replaced_at is null and expires_at > @now and expires_at <= @horizon
         order by expires_at limit @limit
        """;

    // Compare and set: of all replicas one wins.
    private const string Warn = """
        update tokens set warned_days = @days
         where tenant_id = @TenantId and id = @Id and revoked_at is null and (warned_days is null or warned_days > @days)
        """;

    private readonly IDatabase _database;
    private readonly TimeProvider _clock;
    private readonly ILogger<TokenExpiryWatch> _logger;
    private int[] _counts = new int[TokenExpiry.Thresholds.Count];

    public TokenExpiryWatch(
        IDatabase database,
        TimeProvider clock,
        IMeterFactory meters,
        ILogger<TokenExpiryWatch> logger
    )
    {
        DapperTypes.Register();
        _database = database;
        _clock = clock;
        _logger = logger;
        meters
            .Create(ScimActivities.Name)
            .CreateObservableGauge(
                "scim.token.expiring",
                Observe,
                "{token}",
                "Live tokens that end within the time and that nothing has replaced."
            );
    }

    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = _clock.Now();
        var horizon = now.AddDays(TokenExpiry.Thresholds[^1].Days);
        var rows = await _database.ReadAsync(
            async connection =>
                (
                    await connection.QueryAsync<Row>(
                        new CommandDefinition(
                            SelectExpiring,
                            new
                            {
                                now,
                                horizon,
                                limit = Limit,
                            },
                            cancellationToken: cancellationToken
                        )
                    )
                ).AsList(),
            cancellationToken
        );
        _counts =
        [
            .. TokenExpiry.Thresholds.Select(threshold =>
                rows.Count(row => row.ExpiresAt <= now.AddDays(threshold.Days))
            ),
        ];
        foreach (var row in rows)
        {
            var threshold = TokenExpiry.Find(row.ExpiresAt, now)!;
            if (!(row.WarnedDays <= threshold.Days) && await WarnAsync(row, threshold.Days, now, cancellationToken))
            {
                Expiring(row.Id, row.ClientId, row.ExpiresAt);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, _clock);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            // Whatever it is, an exception that left here would stop the host; in an hour it is tried again.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Unknown(exception);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private Task<bool> WarnAsync(Row row, int days, DateTimeOffset now, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            async (connection, transaction) =>
            {
                var update = new
                {
                    row.TenantId,
                    row.Id,
                    days,
                };
                if (await connection.ExecuteAsync(Warn, update, transaction) == 0)
                {
                    return false;
                }

                await transaction.AppendJournalAsync(
                    new TenantId(row.TenantId),
                    "system",
                    Guid.CreateVersion7(now).ToString("N"),
                    now,
                    new JournalEntry(
                        "token.expiring",
                        "Token",
                        row.Id,
                        Detail: $$"""{"clientId":"{{row.ClientId:D}}","expiresAt":"{{row.ExpiresAt:O}}"}"""
                    ),
                    cancellationToken
                );
                return true;
            },
            cancellationToken
        );

    private IEnumerable<Measurement<int>> Observe()
    {
        var counts = Volatile.Read(ref _counts);
        return TokenExpiry.Thresholds.Select(
            (threshold, i) =>
                new Measurement<int>(counts[i], new KeyValuePair<string, object?>("within", threshold.Name))
        );
    }

    [LoggerMessage(
        EventId = 2104,
        EventName = "TokenExpiring",
        Level = LogLevel.Warning,
        Message = "Token {Token} of SCIM client {Client} ends at {ExpiresAt}, and nothing has replaced it"
    )]
    private partial void Expiring(string token, Guid client, DateTimeOffset expiresAt);

    [LoggerMessage(
        EventId = 2105,
        EventName = "ExpiryUnknown",
        Level = LogLevel.Warning,
        Message = "The tokens that run out cannot be read"
    )]
    private partial void Unknown(Exception exception);

    private sealed class Row
    {
        public Guid TenantId { get; init; }

        public string Id { get; init; } = "";

        public Guid ClientId { get; init; }

        public DateTimeOffset ExpiresAt { get; init; }

        public int? WarnedDays { get; init; }
    }
}
