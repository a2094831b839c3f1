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
    private const int ChunkSize = 100;

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
                var users = await ListAsync(client, "/Users");
                var journal = await JournalRow.ReadAsync(server, tenant.Slug);
                CheckLedger(workload, users);
                CheckBulks(workload, users);
                CheckJournal(users, journal, "user");
                var groups = await ListAsync(client, "/Groups");
                CheckJournal(groups, journal, "group");
                CheckMembers(workload, users, groups[group]);
                TestContext.Out.WriteLine(
                    $"kill {kill}: {users.Count} users, {journal.Count} journal rows, {workload.Bulks} bulks"
                );
            }
        }
        finally
        {
            server.Dispose();
        }
    }

    /// <summary>All resources by id, and the three ways to count them agree.</summary>
    private static async Task<Dictionary<string, JsonElement>> ListAsync(ScimClient client, string path)
    {
        var found = new Dictionary<string, JsonElement>();
        var cursor = "";
        int counted;
        do
        {
            var page = await client.GetAsync($"{path}?count=1000&cursor={cursor}");
            page.Status.Should().Be(200, page.Text);
            foreach (var resource in page.Json.GetProperty("Resources").EnumerateArray())
            {
                found.Add(resource.GetProperty("id").GetString()!, resource.Clone());
            }

            counted = (await client.GetAsync($"{path}?count=0")).Json.GetProperty("totalResults").GetInt32();
            cursor = page.Json.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        } while (cursor is not null);

        var filtered = (await client.GetAsync($"{path}?count=0&filter=id%20pr")).Json.GetProperty("totalResults");
        found.Count.Should().Be(counted).And.Be(filtered.GetInt32());
        return found;
    }

    private static void CheckLedger(Workload workload, Dictionary<string, JsonElement> users)
    {
        workload.Acknowledged.Should().BePositive("the server must be killed while it works");
        foreach (var (id, titles) in workload.Users)
        {
            var title = users.TryGetValue(id, out var user) ? user.GetProperty("title").GetString() : null;
            titles.Should().Contain(title, $"user {id} was acknowledged");
        }

        users.Keys.Intersect(workload.Deleted).Should().BeEmpty();
    }

    private static void CheckBulks(Workload workload, Dictionary<string, JsonElement> users)
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
            (length % ChunkSize).Should().Be(0, "of whole chunks");
            if (workload.AcknowledgedBulks.Contains(bulk))
            {
                length.Should().Be(Workload.BulkSize);
            }
        }
    }

    /// <summary>Each version of each resource has its row and each row its version; what was deleted says so once.</summary>
    private static void CheckJournal(
        Dictionary<string, JsonElement> resources,
        IReadOnlyList<JournalRow> journal,
        string type
    )
    {
        var rows = journal
            .Where(row =>
                row.Outcome == "success"
                && row.ResourceId is not null
                && row.Operation.StartsWith(type + ".", StringComparison.Ordinal)
            )
            .GroupBy(row => row.ResourceId!)
            .ToDictionary(
                group => group.Key,
                group => group.Select(row => row.Operation[(type.Length + 1)..]).ToList()
            );
        resources.Keys.Except(rows.Keys).Should().BeEmpty("no change is without its row");
        foreach (var (id, operations) in rows)
        {
            operations[0].Should().Be("create");
            operations.Count(operation => operation == "create").Should().Be(1);
            if (resources.TryGetValue(id, out var resource))
            {
                operations.Should().NotContain("delete");
                var version = Versions.Parse(resource.GetProperty("meta").GetProperty("version").GetString());
                operations.Should().HaveCount((int)version, $"each version of {id} has one row");
            }
            else
            {
                operations[^1].Should().Be("delete", $"{id} is gone");
                operations.Count(operation => operation == "delete").Should().Be(1);
            }
        }
    }

    private static void CheckMembers(Workload workload, Dictionary<string, JsonElement> users, JsonElement group)
    {
        var members = group.TryGetProperty("members", out var list)
            ? list.EnumerateArray().Select(member => member.GetProperty("value").GetString()!).ToList()
            : [];
        members.Should().OnlyHaveUniqueItems().And.BeSubsetOf(users.Keys);
        workload.Members.Keys.Except(members).Should().BeEmpty("their joining was acknowledged");
    }
}
