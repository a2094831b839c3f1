using System.Diagnostics;
using FluentAssertions;
using Npgsql;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Crash;

[TestFixture]
[Category(Soak.Crash)]
[Property("Capability", "With the database away the service answers 503, stays alive and recovers by itself")]
public sealed class DatabaseAwayTests
{
    private TestDatabase _database = null!;
    private TcpProxy _proxy = null!;
    private ApiServer _server = null!;
    private TestTenant _tenant = null!;
    private HttpClient _http = null!;

    [SetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql);
        var direct = new NpgsqlConnectionStringBuilder(_database.Configuration["ConnectionStrings:Scim"]);
        _proxy = new TcpProxy(direct.Host!, direct.Port);
        direct.Port = _proxy.Port;
        _server = await ApiServer.StartAsync(
            _database,
            new Dictionary<string, string>
            {
                ["ConnectionStrings:Scim"] = direct.ConnectionString,
                ["Database:CommandTimeout"] = "2",
            }
        );
        _tenant = await TestTenant.CreateAsync(_server);
        _http = new HttpClient { BaseAddress = _server.BaseAddress };
        (await _tenant.Client.PostAsync("/Users", Some.User())).Status.Should().Be(201);
    }

    [TearDown]
    public async Task Stop()
    {
        _proxy.Restore();
        _http.Dispose();
        _tenant.Dispose();
        await _server.DisposeAsync();
        await _proxy.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task With_connections_refused_everything_says_so_and_recovers()
    {
        _proxy.Cut();

        await CheckAwayAsync(TimeSpan.FromSeconds(5));
        _proxy.Restore();
        await CheckBackAsync();
    }

    [Test]
    public async Task With_a_network_that_swallows_everything_nothing_hangs()
    {
        _proxy.Stall();

        await CheckAwayAsync(TimeSpan.FromSeconds(20));
        _proxy.Restore();
        await CheckBackAsync();
    }

    [Test]
    public async Task A_database_that_comes_and_goes_under_load_causes_nothing_but_503()
    {
        using var end = new CancellationTokenSource();
        var created = 0;
        var writers = Enumerable
            .Range(0, 8)
            .Select(async _ =>
            {
                while (!end.IsCancellationRequested)
                {
                    var answer = await _tenant.Client.PostAsync("/Users", Some.User());
                    answer.Status.Should().BeOneOf([201, 503], answer.Text);
                    created += answer.Status == 201 ? 1 : 0;
                }
            })
            .ToList();

        for (var i = 0; i < Soak.Count(3, 60); i++)
        {
            await Task.Delay(200);
            _proxy.Cut();
            await Task.Delay(100);
            _proxy.Restore();
        }

        await Task.Delay(300);
        await end.CancelAsync();
        await Task.WhenAll(writers);

        await CheckBackAsync();
        var total = (await _tenant.Client.GetAsync("/Users?count=0")).Json.GetProperty("totalResults").GetInt32();
        // A commit whose answer was cut off counts too, although nobody was told.
        total.Should().BeGreaterThan(created);
        var filtered = await _tenant.Client.GetAsync("/Users?filter=id%20pr&count=0");
        filtered.Json.GetProperty("totalResults").GetInt32().Should().Be(total);
    }

    private async Task CheckAwayAsync(TimeSpan limit)
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
                var answer = await _tenant.Client.SendAsync(call.Method, call.Path, call.Body);
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

        (await _http.GetAsync("/health")).StatusCode.Should().Be(System.Net.HttpStatusCode.OK);
        var started = Stopwatch.GetTimestamp();
        (await _http.GetAsync("/ready")).StatusCode.Should().Be(System.Net.HttpStatusCode.ServiceUnavailable);
        Stopwatch.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    private async Task CheckBackAsync()
    {
        var started = Stopwatch.GetTimestamp();
        ScimResponse answer;
        do
        {
            Stopwatch.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(10));
            await Task.Delay(50);
            answer = await _tenant.Client.PostAsync("/Users", Some.User());
        } while (answer.Status == 503);

        answer.Status.Should().Be(201, answer.Text);
        // Its connection is one of another pool, and may be one that has yet to be found dead.
        while (!(await _http.GetAsync("/ready")).IsSuccessStatusCode)
        {
            Stopwatch.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(10));
            await Task.Delay(50);
        }
    }
}
