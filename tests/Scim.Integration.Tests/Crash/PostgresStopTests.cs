using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Crash;

/// <summary>The real server goes, not only the way to it: sessions are ended by it, and its start recovers.</summary>
[TestFixture]
[Category(Soak.Crash)]
[Property("Database", "PostgreSql")]
[Property("Capability", "With the database away the service answers 503, stays alive and recovers by itself")]
public sealed class PostgresStopTests
{
    private PostgresServer _postgres = null!;
    private TestDatabase _database = null!;
    private ApiServer _server = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _postgres = PostgresServer.Start();
        _database = await TestDatabase.CreateAsync(_postgres);
        _server = await ApiServer.StartAsync(_database);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _server.DisposeAsync();
        await _database.DisposeAsync();
        _postgres.Dispose();
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Writers_lose_nothing_when_the_server_stops_and_starts_again(bool immediately)
    {
        var random = Some.Random();
        using var tenant = await TestTenant.CreateAsync(_server);
        var group = (await tenant.Client.PostAsync("/Groups", Some.Group())).Id;
        var workload = new Workload(tenant.Client, group, random.Next());
        using var end = new CancellationTokenSource();
        var writers = workload.RunAsync(end.Token);

        for (var i = 0; i < Soak.Count(2, 30); i++)
        {
            await Task.Delay(random.Next(200, 800));
            await (immediately ? _postgres.StopImmediatelyAsync() : _postgres.StopFastAsync());
            await Outage.CheckAwayAsync(_server, tenant.Client, TimeSpan.FromSeconds(10));
            await _postgres.StartAgainAsync();
        }

        await Task.Delay(300);
        await end.CancelAsync();
        await writers;

        workload.Refusals.Should().BePositive("the server must go while it is needed");
        await Reconciliation.CheckAsync(_server, tenant, tenant.Client, group, workload);
        await Outage.CheckBackAsync(_server, tenant.Client);
    }
}
