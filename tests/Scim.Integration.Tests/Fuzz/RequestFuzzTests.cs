using System.Globalization;
using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Fuzz;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Fuzz)]
[Property("Capability", "Mutated requests of every kind cause no 5xx, no hang and no leak")]
[Property("Rfc", "RFC 7644 §3.12")]
public sealed class RequestFuzzTests(DatabaseKind database)
{
    private const int AtOnce = 4;
    private const int Fresh = 40;

    private static readonly string[] Leaks =
    [
        "Exception",
        "   at ",
        ".cs:line",
        "Npgsql",
        "SQLite",
        "System.",
        "Scim.Infrastructure",
        Repository.Root,
    ];

    [Test]
    public async Task Whatever_is_sent_the_server_answers_in_time_and_without_failing()
    {
        var seed = Environment.GetEnvironmentVariable("SCIM_FUZZ_SEED") is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        TestContext.Out.WriteLine($"SCIM_FUZZ_SEED={seed} repeats this run");
        await using var server = await ApiServer.StartAsync(
            database,
            new Dictionary<string, string> { ["Limits:FailedAuthenticationsPerMinute"] = "0" }
        );
        using var tenant = await TestTenant.CreateAsync(server);
        var (user, group) = ("", "");
        var corpus = Corpus.Load(tenant.Token);
        var count = Soak.Count(400, 10_000);
        var statuses = new SortedDictionary<int, int>();

        for (var i = 0; i < count; i += AtOnce)
        {
            if (i % Fresh == 0)
            {
                user = (await tenant.Client.PostAsync("/Users", Some.User())).Id;
                group = (await tenant.Client.PostAsync("/Groups", Some.Group(null, user))).Id;
            }

            // Each request has a generator of its own, so that one of them can be repeated alone.
            var batch = Enumerable
                .Range(i, AtOnce)
                .Select(n => new Mutator(new Random(seed + n), corpus, user, group).Next());
            foreach (var status in await Task.WhenAll(batch.Select(request => CheckAsync(server, request, seed))))
            {
                statuses[status] = statuses.GetValueOrDefault(status) + 1;
            }
        }

        TestContext.Out.WriteLine(string.Join(", ", statuses.Select(pair => $"{pair.Key}: {pair.Value}")));
        statuses.Keys.Should().Contain(400).And.Contain(200);
        await CheckHealthAsync(server, tenant);
    }

    private static async Task<int> CheckAsync(ApiServer server, RawRequest request, int seed)
    {
        RawAnswer answer;
        try
        {
            answer = await request.SendAsync(server.BaseAddress);
        }
        catch (TimeoutException exception)
        {
            throw new AssertionException($"SCIM_FUZZ_SEED={seed}: {exception.Message}\n{request}", exception);
        }

        var because = $"SCIM_FUZZ_SEED={seed}\n{request}\n{answer.Head}\n{answer.Body}";
        // /Me is 501 by design; a connection closed without an answer is the listener's, not the service's.
        if (answer.Status != 501)
        {
            Assert.That(answer.Status, Is.InRange(200, 499), because);
        }

        foreach (var leak in Leaks)
        {
            Assert.That(answer.Body, Does.Not.Contain(leak), because);
        }

        if (
            answer.Status >= 400
            && answer.Head.Contains("X-Request-Id", StringComparison.OrdinalIgnoreCase)
            && answer.Head.Contains("application/scim+json", StringComparison.Ordinal)
            && request.Method != "HEAD"
        )
        {
            var error = JsonElement.Parse(answer.Body);
            Assert.That(error.GetProperty("status").GetString(), Is.EqualTo($"{answer.Status}"), because);
            Assert.That(error.GetProperty("detail").GetString(), Is.Not.Empty, because);
        }

        return answer.Status;
    }

    private static async Task CheckHealthAsync(ApiServer server, TestTenant tenant)
    {
        using var http = new HttpClient { BaseAddress = server.BaseAddress };
        (await http.GetAsync("/health")).IsSuccessStatusCode.Should().BeTrue();
        (await http.GetAsync("/ready")).IsSuccessStatusCode.Should().BeTrue();
        foreach (var path in (string[])["/Users", "/Groups"])
        {
            var counted = await tenant.Client.GetAsync($"{path}?count=0");
            var found = await tenant.Client.GetAsync($"{path}?filter=id%20pr&count=1000");
            found.Status.Should().Be(200, found.Text);
            found
                .Json.GetProperty("totalResults")
                .GetInt32()
                .Should()
                .Be(counted.Json.GetProperty("totalResults").GetInt32());
        }
    }
}
