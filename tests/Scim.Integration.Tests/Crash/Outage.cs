using System.Diagnostics;
using System.Net;
using FluentAssertions;
using Scim.TestKit;

namespace Scim.Integration.Tests.Crash;

/// <summary>How a server behaves while its database is away, whatever the reason, and that it comes back by itself.</summary>
internal static class Outage
{
    public static async Task CheckAwayAsync(IServer server, ScimClient client, TimeSpan limit)
    {
        var user = Some.User();
        (string Method, string Path, string? Body)[] calls =
        [
            ("GET", "/Users", null),
            ("GET", $"/Users/{Guid.NewGuid():D}", null),
            ("GET", "/Groups?filter=displayName%20eq%20%22x%22", null),
            ("POST", "/Users", user.ToJsonString()),
            ("DELETE", $"/Users/{Guid.NewGuid():D}", null),
            ("POST", "/Bulk", Messages.Bulk(Messages.BulkOperation("POST", "/Users", Some.User(), "u")).ToJsonString()),
        ];
        var answers = await Task.WhenAll(
            calls.Select(async call =>
            {
                var started = Stopwatch.GetTimestamp();
                var answer = await client.SendAsync(call.Method, call.Path, call.Body);
                return (Call: call, Answer: answer, Elapsed: Stopwatch.GetElapsedTime(started));
            })
        );
        foreach (var (call, answer, elapsed) in answers)
        {
            answer.Status.Should().Be(503, $"{call.Method} {call.Path}: {answer}");
            answer.Header("Retry-After").Should().NotBeNullOrEmpty();
            answer.Json.GetProperty("status").GetString().Should().Be("503");
            elapsed.Should().BeLessThan(limit, $"{call.Method} {call.Path}");
        }

        using var http = new HttpClient { BaseAddress = server.BaseAddress };
        (await http.GetAsync("/health")).StatusCode.Should().Be(HttpStatusCode.OK);
        var started = Stopwatch.GetTimestamp();
        (await http.GetAsync("/ready")).StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        Stopwatch.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    public static async Task CheckBackAsync(IServer server, ScimClient client)
    {
        var started = Stopwatch.GetTimestamp();
        ScimResponse answer;
        do
        {
            Stopwatch.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(10), "writes must work again");
            await Task.Delay(50);
            answer = await client.PostAsync("/Users", Some.User());
        } while (answer.Status == 503);

        answer.Status.Should().Be(201, answer.Text);
        // Its connection is one of another pool, and may be one that has yet to be found dead.
        using var http = new HttpClient { BaseAddress = server.BaseAddress };
        HttpResponseMessage ready;
        while (!(ready = await http.GetAsync("/ready")).IsSuccessStatusCode)
        {
            var report = await ready.Content.ReadAsStringAsync();
            Stopwatch.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(10), report);
            await Task.Delay(50);
        }
    }
}
