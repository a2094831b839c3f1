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
        (await _tenant.Client.PostAsync("/Users", Some.User())).Status.Should().Be(201);
    }

    [TearDown]
    public async Task Stop()
    {
        _proxy.Restore();
        _tenant.Dispose();
        await _server.DisposeAsync();
        await _proxy.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task With_connections_refused_everything_says_so_and_recovers()
    {
        _proxy.Cut();

        await Outage.CheckAwayAsync(_server, _tenant.Client, TimeSpan.FromSeconds(5));
        _proxy.Restore();
        await Outage.CheckBackAsync(_server, _tenant.Client);
    }

    [Test]
    public async Task With_a_network_that_swallows_everything_nothing_hangs()
    {
        _proxy.Stall();

        await Outage.CheckAwayAsync(_server, _tenant.Client, TimeSpan.FromSeconds(20));
        _proxy.Restore();
        await Outage.CheckBackAsync(_server, _tenant.Client);
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

        await Outage.CheckBackAsync(_server, _tenant.Client);
        var total = (await _tenant.Client.GetAsync("/Users?count=0")).Json.GetProperty("totalResults").GetInt32();
        // A commit whose answer was cut off counts too, although nobody was told.
        total.Should().BeGreaterThan(created);
        var filtered = await _tenant.Client.GetAsync("/Users?filter=id%20pr&count=0");
        filtered.Json.GetProperty("totalResults").GetInt32().Should().Be(total);
    }
}
