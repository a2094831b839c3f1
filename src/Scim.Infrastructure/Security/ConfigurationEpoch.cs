using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Security;

/// <summary>
/// Polls the configuration epoch every 400 ms, and with it the settings; stale, and so not trusted, when a second passes
/// without an answer.
/// </summary>
internal sealed partial class ConfigurationEpoch(
    CredentialStore store,
    RuntimeSettings settings,
    TimeProvider clock,
    ILogger<ConfigurationEpoch> logger
) : BackgroundService, IConfigurationEpoch
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);
    public static readonly TimeSpan Trust = TimeSpan.FromSeconds(1);

    private readonly Lock _turn = new();
    private long _current = -1;
    private long _askedAt;
    private bool _answered;

    public long Current => Interlocked.Read(ref _current);

    public bool IsFresh => Volatile.Read(ref _answered) && clock.GetElapsedTime(Interlocked.Read(ref _askedAt)) < Trust;

    /// <summary>Reads the epoch now, so that an act of this process is effective in it at once.</summary>
    public async Task ReloadNowAsync(CancellationToken cancellationToken)
    {
        // The answer is as old as the question: a poll that hangs must not count as fresh when it ends.
        var asked = clock.GetTimestamp();
        var value = await store.ReadEpochAsync(cancellationToken);
        // First, so that what is cached under an epoch was made with its settings.
        await settings.ReloadAsync(value, cancellationToken);
        lock (_turn)
        {
            // Two polls may overlap; the epoch only grows, unless the database was restored and started over.
            if (asked < _askedAt && _answered)
            {
                return;
            }

            Interlocked.Exchange(ref _current, value);
            Interlocked.Exchange(ref _askedAt, asked);
            Volatile.Write(ref _answered, true);
        }
    }

    /// <summary>After an act of this process that is committed: if the epoch cannot be read now, the poll will read it.</summary>
    public async Task HintAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReloadNowAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is ScimException or DbException or OperationCanceledException)
        {
            LogAway(logger, exception);
        }
    }

    /// <summary>The host does not begin with settings that operators have changed.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Trust);
        await HintAsync(limit.Token);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var away = false;
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                limit.CancelAfter(Trust);
                await ReloadNowAsync(limit.Token);
                away = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            // Whatever else it is, an exception that left here would stop the host.
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

    [LoggerMessage(
        EventId = 2101,
        EventName = "EpochUnknown",
        Level = LogLevel.Warning,
        Message = "The configuration epoch cannot be read; cached credentials are not trusted until it can"
    )]
    private static partial void LogAway(ILogger logger, Exception exception);
}
