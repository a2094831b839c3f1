using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Security;

/// <summary>Writes down when a token and its client were last used: at most once a minute each, together, off the request's path.</summary>
internal sealed partial class LastUsedRecorder(
    CredentialStore store,
    TimeProvider clock,
    ILogger<LastUsedRecorder> logger
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly long Resolution = TimeSpan.FromMinutes(1).Ticks;

    private readonly ConcurrentDictionary<string, TokenUse> _pending = new(StringComparer.Ordinal);

    public void Used(VerifiedToken token)
    {
        var now = clock.Now();
        if (token.NoteUse(now.UtcTicks, Resolution))
        {
            var caller = token.Caller;
            _pending[caller.TokenId] = new TokenUse(caller.TenantId, caller.ClientId, caller.TokenId, now);
        }
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_pending.IsEmpty)
        {
            return;
        }

        var uses = _pending.ToArray();
        foreach (var use in uses)
        {
            _pending.TryRemove(use);
        }

        await store.SaveUsesAsync(uses.Select(use => use.Value), cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryFlushAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            using var limit = new CancellationTokenSource(Interval);
            await TryFlushAsync(limit.Token);
        }
    }

    private async Task TryFlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await FlushAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever it was must not stop the host; the next use in a minute says it again.
            LogLost(logger, exception);
        }
    }

    [LoggerMessage(
        EventId = 2102,
        EventName = "LastUsedLost",
        Level = LogLevel.Warning,
        Message = "The time of last use of some tokens could not be stored"
    )]
    private static partial void LogLost(ILogger logger, Exception exception);
}
