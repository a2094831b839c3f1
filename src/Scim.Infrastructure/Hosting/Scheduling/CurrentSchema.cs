using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Scim.Infrastructure.Persistence;

namespace Scim.Infrastructure.Hosting.Scheduling;

/// <summary>What a worker waits for before it begins: it migrates nothing itself.</summary>
internal sealed partial class CurrentSchema(
    IMigrations migrations,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<CurrentSchema> logger
)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        // Not before the host is up: a start that fails must not leave jobs behind.
        while (!lifetime.ApplicationStarted.IsCancellationRequested || !await IsCurrentAsync(cancellationToken))
        {
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private async Task<bool> IsCurrentAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await migrations.CountPendingAsync(cancellationToken) == 0;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Waiting(exception);
            return false;
        }
    }

    [LoggerMessage(2, LogLevel.Warning, "The worker waits for the database", EventName = "worker-waiting")]
    private partial void Waiting(Exception exception);
}
