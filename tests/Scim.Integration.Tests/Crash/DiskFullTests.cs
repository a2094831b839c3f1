using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Crash;

[TestFixture]
[Category(Soak.Crash)]
[Property("Database", "Sqlite")]
[Property("Capability", "On a full disk writes are answered 503, reads go on, and nothing acknowledged is lost")]
public sealed class DiskFullTests
{
    [Test]
    public async Task Writers_lose_nothing_when_the_disk_is_full_for_a_while()
    {
        var random = Some.Random();
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        using var server = await ApiProcess.StartAsync(database);
        using var tenant = await TestTenant.CreateAsync(server);
        var group = (await tenant.Client.PostAsync("/Groups", Some.Group())).Id;
        var workload = new Workload(tenant.Client, group, random.Next());
        using var end = new CancellationTokenSource();
        var writers = workload.RunAsync(end.Token);
        var log = new FileInfo(database.Configuration["Database:Path"] + "-wal");

        for (var i = 0; i < Soak.Count(3, 30); i++)
        {
            await Task.Delay(random.Next(100, 300));
            log.Refresh();
            var refusals = workload.Refusals;
            // Within a page, in the middle of the log: the log is written from its start again after a checkpoint.
            await server.LimitFilesAsync(random.NextInt64(log.Length / 2, log.Length));
            while (workload.Refusals == refusals)
            {
                await Task.Delay(20);
            }

            await tenant.Client.GetAsync($"/Groups/{group}").Expecting(200);
            await server.LimitFilesAsync(null);
        }

        await end.CancelAsync();
        await writers;

        await Reconciliation.CheckAsync(server, tenant, tenant.Client, group, workload);
        await Outage.CheckBackAsync(server, tenant.Client);
        await server.StopAsync();
        using var restarted = await ApiProcess.StartAsync(database);
        using var client = new ScimClient(restarted.BaseAddress, tenant.Token);
        await client.GetAsync($"/Groups/{group}").Expecting(200);
    }
}
