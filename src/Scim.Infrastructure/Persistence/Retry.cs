using System.Diagnostics;
using Scim.Domain.Errors;

namespace Scim.Infrastructure.Persistence;

internal static class Retry
{
    private const int Attempts = 4;

    // A race is lost in milliseconds. What took longer was a wait for another process's lock, and would be one again.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Runs a unit of work, again up to three times when it lost a race, then answers 503.</summary>
    public static async Task<T> OnTransient<T>(Func<Task<T>> work, CancellationToken cancellationToken = default)
    {
        var started = Stopwatch.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await work();
            }
            catch (TransientDatabaseException) when (attempt < Attempts && Stopwatch.GetElapsedTime(started) < Patience)
            {
                // Full jitter: those who collided once should not meet again.
                await Task.Delay(Random.Shared.Next(1, 10 << attempt), cancellationToken);
            }
            catch (TransientDatabaseException)
            {
                throw ScimError.Unavailable("Too many requests changed the same data at once; try again.");
            }
        }
    }
}
