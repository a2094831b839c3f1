using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Crash;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Crash)]
[Property("Capability", "A killed server loses no acknowledged write; resources and journal agree after it")]
public sealed class KillTests(DatabaseKind database)
{
    // Of creations of users.
    private const int ChunkSize = 250;

    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task Start() => _database = await TestDatabase.CreateAsync(database);

    [OneTimeTearDown]
    public async Task Stop() => await _database.DisposeAsync();

    [Test]
    public async Task A_server_killed_in_the_middle_of_writes_is_whole_after_its_restart()
    {
        var random = Some.Random();
        var kills = Soak.Count(2, 100);
        var server = await ApiProcess.StartAsync(_database);
        try
        {
            for (var kill = 0; kill < kills; kill++)
            {
                using var tenant = await TestTenant.CreateAsync(server);
                var group = (await tenant.Client.PostAsync("/Groups", Some.Group())).Id;
                var workload = new Workload(tenant.Client, group, random.Next());

                var writers = workload.RunAsync();
                await Task.Delay(random.Next(300, 1500));
                server.Kill();
                await writers;
                await server.WaitForExitAsync();
                server.Dispose();

                server = await ApiProcess.StartAsync(_database);
                using var client = new ScimClient(server.BaseAddress, tenant.Token);
                var users = await Reconciliation.CheckAsync(server, tenant, client, group, workload);
                CheckBulks(workload, users);
                TestContext.Out.WriteLine($"kill {kill}: {users.Count} users, {workload.Bulks} bulks");
            }
        }
        finally
        {
            server.Dispose();
        }
    }

    private static void CheckBulks(Workload workload, IReadOnlyDictionary<string, JsonElement> users)
    {
        var names = users.Values.Select(user => user.GetProperty("userName").GetString()!).ToHashSet();
        for (var i = 1; i <= workload.Bulks; i++)
        {
            var bulk = i.ToString(System.Globalization.CultureInfo.InvariantCulture);
            var present = Enumerable
                .Range(0, Workload.BulkSize)
                .Select(index => names.Contains(Workload.BulkName(bulk, index)))
                .ToList();

            var length = present.TakeWhile(there => there).Count();
            present.Skip(length).Should().NotContain(true, "a bulk leaves a prefix");
            length.Should().BeOneOf([0, ChunkSize, Workload.BulkSize], "of whole chunks");
            if (workload.AcknowledgedBulks.Contains(bulk))
            {
                length.Should().Be(Workload.BulkSize);
            }
        }
    }
}
