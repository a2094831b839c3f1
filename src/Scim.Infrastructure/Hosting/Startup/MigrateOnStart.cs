using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Scim.Infrastructure.Persistence;

namespace Scim.Infrastructure.Hosting.Startup;

/// <summary>
/// Brings the schema up to date before the listener opens. A database that is away does not stop the start: the host
/// answers 503 and tries again. A login that may not migrate leaves that to the <c>migrate</c> verb, and <c>/ready</c>
/// says so.
/// </summary>
internal sealed partial class MigrateOnStart(IMigrations migrations, TimeProvider clock, ILogger<MigrateOnStart> logger)
    : IHostedService,
        IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _current = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private Task _retries = Task.CompletedTask;
    private string _lastProblem = "";

    /// <summary>Completes when the schema is current.</summary>
    public Task Current => _current.Task;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!await TryAsync(cancellationToken))
        {
            _retries = RetryAsync(_stopping.Token);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _retries.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task RetryAsync(CancellationToken cancellationToken)
    {
        do
        {
            await Task.Delay(Pause, clock, cancellationToken);
        } while (!await TryAsync(cancellationToken));
    }

    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await migrations.CountPendingAsync(cancellationToken) > 0)
            {
                Applied(await migrations.ApplyAsync(cancellationToken));
            }

            _current.TrySetResult();
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // Someone with another login migrates; the retries notice when it is done.
            if (IsNews(exception))
            {
                NotPermitted();
            }

            return false;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (IsNews(exception))
            {
                Failed(exception);
            }

            return false;
        }
    }

    // Tried every two seconds, told once.
    private bool IsNews(Exception exception)
    {
        var news = _lastProblem != exception.Message;
        _lastProblem = exception.Message;
        return news;
    }

    [LoggerMessage(1, LogLevel.Information, "Applied {Count} migrations", EventName = "migrated")]
    private partial void Applied(int count);

    [LoggerMessage(
        2,
        LogLevel.Warning,
        "This login may not migrate the database; run the migrate verb with one that may",
        EventName = "migration-not-permitted"
    )]
    private partial void NotPermitted();

    [LoggerMessage(3, LogLevel.Error, "The database cannot be migrated yet", EventName = "migration-failed")]
    private partial void Failed(Exception exception);
}
