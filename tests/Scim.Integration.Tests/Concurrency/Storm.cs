using System.Diagnostics;
using FluentAssertions;
using Scim.TestKit;

namespace Scim.Integration.Tests.Concurrency;

/// <summary>Many requests at once, all let go at the same moment.</summary>
internal static class Storm
{
    public const int Writers = 16;

    public static async Task<IReadOnlyList<ScimResponse>> RunAsync(int count, Func<int, Task<ScimResponse>> send)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tasks = Enumerable
            .Range(0, count)
            .Select(async i =>
            {
                await start.Task;
                return await PatientlyAsync(() => send(i));
            })
            .ToList();
        start.SetResult();
        return await Task.WhenAll(tasks);
    }

    public static Task<IReadOnlyList<ScimResponse>> RunAsync(IReadOnlyList<Func<Task<ScimResponse>>> calls) =>
        RunAsync(calls.Count, i => calls[i]());

    /// <summary>As a client would: 503 with Retry-After is no failure but a request to come again. No other 5xx exists.</summary>
    private static async Task<ScimResponse> PatientlyAsync(Func<Task<ScimResponse>> send)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var answer = await send();
            if (answer.Status != 503)
            {
                answer.Status.Should().BeLessThan(500, answer.Text);
                return answer;
            }

            answer.Header("Retry-After").Should().NotBeNullOrEmpty();
            Stopwatch.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(60));
            await Task.Delay(Random.Shared.Next(20, 200));
        }
    }
}
