using System.Diagnostics;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Scim.TestKit;

namespace Scim.Integration.Tests;

/// <summary>Bounded waiting for what another process or thread does.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Asks until the answer is as wanted; fails with the last one.</summary>
    public static async Task<T> GetAsync<T>(Func<Task<T>> ask, Func<T, bool> isWanted)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (isWanted(answer))
            {
                return answer;
            }

            if (Stopwatch.GetElapsedTime(started) > Limit)
            {
                var shown = answer is System.Collections.IEnumerable many
                    ? string.Join('\n', many.Cast<object>())
                    : $"{answer}";
                throw new TimeoutException($"It did not come to be; last seen:\n{shown}");
            }

            await Task.Delay(20);
        }
    }

    public static Task IsTrueAsync(Func<Task<bool>> ask) => GetAsync(ask, answer => answer);

    /// <summary>Sends a request of the application inside a server of this process.</summary>
    public static async Task<T> SendAsync<T>(this ApiServer server, IRequest<T> request)
    {
        await using var scope = server.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }
}
