using System.Text.Json;
using FluentAssertions;
using Scim.TestKit;

namespace Scim.Integration.Tests.Crash;

/// <summary>After a failure: what was acknowledged is there, and resources and journal tell the same story.</summary>
internal static class Reconciliation
{
    /// <summary>Checks a tenant in which nothing but the workload has written; returns its users by id.</summary>
    public static async Task<IReadOnlyDictionary<string, JsonElement>> CheckAsync(
        IServer server,
        TestTenant tenant,
        ScimClient client,
        string group,
        Workload workload
    )
    {
        var users = await ListAsync(client, "/Users");
        var groups = await ListAsync(client, "/Groups");
        var journal = await JournalRow.ReadAsync(server, tenant.Slug);
        CheckLedger(workload, users);
        CheckJournal(users, journal, "user");
        CheckJournal(groups, journal, "group");
        CheckMembers(workload, users, groups[group]);
        return users;
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
