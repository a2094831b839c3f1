using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Overload;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Overload: what one tenant cannot get, the others can; the rest is 503 at once")]
[Property("Rfc", "RFC 7644 §3.12")]
public sealed class ExhaustionTests(DatabaseKind kind)
{
    private const int Places = 16;
    private const int PlacesOfOne = 12;
    private const int Connections = 4;

    private TestDatabase _database = null!;
    private ApiProcess _server = null!;
    private TestTenant _busy = null!;
    private TestTenant _calm = null!;
    private string _user = null!;

    // A process of its own, as its metrics are read.
    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(kind);
        _server = await ApiProcess.StartAsync(
            _database,
            new Dictionary<string, string>
            {
                ["Limits:MaxConcurrentRequests"] = Places.ToString(CultureInfo.InvariantCulture),
                ["Database:PoolSize"] = Connections.ToString(CultureInfo.InvariantCulture),
            }
        );
        _busy = await TestTenant.CreateAsync(_server);
        _calm = await TestTenant.CreateAsync(_server);
        _user = (await _busy.Client.PostAsync("/Users", Some.User())).Id;
        (await _calm.Client.GetAsync("/Users")).Status.Should().Be(200);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _busy?.Dispose();
        _calm?.Dispose();
        _server?.Dispose();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task A_tenant_that_waits_for_a_lock_holds_up_nobody_else_and_recovers_at_once()
    {
        const int Calls = PlacesOfOne + 8;
        var before = await ShedAsync();
        List<Task<ScimResponse>> stuck;
        await using (await HeldLock.TakeAsync(_database, _user))
        {
            stuck = [.. Enumerable.Range(0, Calls).Select(PatchAsync)];
            await UntilAsync(() => stuck.Count(call => call.IsCompleted) == Calls - PlacesOfOne);

            await OthersAreServedAsync();

            // Those that hold a connection wait on; those that wait for one are sent away.
            var held = kind == DatabaseKind.PostgreSql ? Connections - 1 : 0;
            await UntilAsync(() => stuck.Count(call => call.IsCompleted) >= Calls - held);
        }

        (await PatchAsync(Calls)).Status.Should().Be(200);
        var answers = await Task.WhenAll(stuck);
        answers.Should().OnlyContain(answer => answer.Status == 200 || answer.Status == 503);
        var refused = answers.Where(answer => answer.Status == 503).ToList();
        refused.Should().HaveCountGreaterThanOrEqualTo(Calls - Connections + 1);
        foreach (var answer in refused)
        {
            int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture).Should().BeInRange(1, 5);
            answer.Header("Content-Type").Should().StartWith("application/scim+json");
            answer.Json.GetProperty("schemas")[0].GetString().Should().EndWith(":Error");
            answer.Json.GetProperty("status").GetString().Should().Be("503");
        }

        (await ShedAsync()).Should().BeGreaterThanOrEqualTo(before + Calls - PlacesOfOne);
    }

    [Test]
    public async Task More_than_can_be_served_at_once_is_shed_and_what_comes_after_is_served()
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(_ => _busy.Client.PostAsync("/Users", Some.User()))
        );

        answers.Should().OnlyContain(answer => answer.Status == 201 || answer.Status == 503);
        answers.Count(answer => answer.Status == 201).Should().BeGreaterThanOrEqualTo(PlacesOfOne);
        answers.Should().Contain(answer => answer.Status == 503);
        answers
            .Where(answer => answer.Status == 503)
            .Should()
            .OnlyContain(answer => answer.Header("Retry-After") == "1");
        (await _busy.Client.PostAsync("/Users", Some.User())).Status.Should().Be(201);
        (await _busy.Client.GetAsync("/Users?count=1")).Status.Should().Be(200);
    }

    private async Task OthersAreServedAsync()
    {
        using var http = new HttpClient { BaseAddress = _server.BaseAddress };
        foreach (var path in (string[])["/health", "/ready", "/metrics", "/scim/v2/ServiceProviderConfig"])
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            answer.IsSuccessStatusCode.Should().BeTrue(path);
        }

        using var stranger = new ScimClient(_server.BaseAddress, "scim_x");
        (await stranger.GetAsync("/Users")).Status.Should().Be(401);
        for (var i = 0; i < 20; i++)
        {
            (await _calm.Client.GetAsync("/Users?filter=userName%20co%20%22x%22")).Status.Should().Be(200);
        }

        // SQLite has one writer, and another process holds it.
        if (kind == DatabaseKind.PostgreSql)
        {
            (await _calm.Client.PostAsync("/Users", Some.User())).Status.Should().Be(201);
        }
    }

    private Task<ScimResponse> PatchAsync(int i) =>
        _busy.Client.PatchAsync($"/Users/{_user}", Messages.Patch("replace", "title", $"Title {i}"));

    private async Task<double> ShedAsync()
    {
        using var http = new HttpClient { BaseAddress = _server.BaseAddress };
        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        var match = Regex.Match(
            metrics,
            $"^scim_request_shed_total\\{{tenant=\"{_busy.Slug}\"\\}} (\\S+)$",
            RegexOptions.Multiline
        );
        return match.Success ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Stopwatch.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(25));
            await Task.Delay(50);
        }
    }
}
