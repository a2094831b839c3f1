using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using FluentAssertions;
using Scim.TestKit;

namespace Scim.Integration.Tests.Crash;

/// <summary>
/// Writers who keep a ledger: what was acknowledged, and what was under way when the server died and so may or may not
/// have happened.
/// </summary>
internal sealed class Workload(ScimClient client, string group, int seed)
{
    public const int BulkSize = 300;

    /// <summary>Of each user that was acknowledged: the titles it may have now, or null among them when it may be gone.</summary>
    public ConcurrentDictionary<string, string?[]> Users { get; } = new();

    /// <summary>Members acknowledged and never removed.</summary>
    public ConcurrentDictionary<string, bool> Members { get; } = new();

    public ConcurrentBag<string> Deleted { get; } = [];

    public ConcurrentBag<string> AcknowledgedBulks { get; } = [];

    private int _bulks;

    public int Bulks => _bulks;

    public int Acknowledged => Users.Count + Deleted.Count;

    public Task RunAsync() => Task.WhenAll([.. Enumerable.Range(0, 6).Select(WriteAsync), BulkAsync()]);

    public static string BulkName(string bulk, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"bulk-{bulk}-{index}");

    private async Task WriteAsync(int writer)
    {
        var random = new Random(seed + writer);
        var mine = new List<string>();
        try
        {
            while (true)
            {
                var user = mine.Count == 0 ? "" : mine[random.Next(mine.Count)];
                switch (mine.Count == 0 ? 0 : random.Next(8))
                {
                    case < 3:
                        mine.Add(await CreateAsync(random));
                        break;
                    case < 6:
                        await RetitleAsync(user, random);
                        break;
                    case 6:
                        await JoinAsync(user);
                        break;
                    default:
                        await DeleteAsync(user);
                        mine.Remove(user);
                        break;
                }
            }
        }
        catch (HttpRequestException)
        {
            // The server is gone, as it should be.
        }
    }

    private async Task<string> CreateAsync(Random random)
    {
        var user = Some.User();
        var title = Title(random);
        user["title"] = title;
        var answer = await client.PostAsync("/Users", user);
        Expect(answer, 201);
        Users[answer.Id] = [title];
        return answer.Id;
    }

    private async Task RetitleAsync(string user, Random random)
    {
        var title = Title(random);
        Users[user] = [.. Users[user], title];
        Expect(await client.PatchAsync($"/Users/{user}", Messages.Patch("replace", "title", title)), 200);
        Users[user] = [title];
    }

    private async Task JoinAsync(string user)
    {
        Expect(await client.PatchAsync($"/Groups/{group}", Messages.AddMembers(user)), 204);
        Members[user] = true;
    }

    private async Task DeleteAsync(string user)
    {
        Users[user] = [.. Users[user], null];
        Members.TryRemove(user, out _);
        Expect(await client.DeleteAsync($"/Users/{user}"), 204);
        Users.TryRemove(user, out _);
        Deleted.Add(user);
    }

    private async Task BulkAsync()
    {
        try
        {
            while (true)
            {
                var bulk = Interlocked.Increment(ref _bulks).ToString(CultureInfo.InvariantCulture);
                var operations = Enumerable
                    .Range(0, BulkSize)
                    .Select<int, JsonObject>(i =>
                        Messages.BulkOperation("POST", "/Users", Some.User(BulkName(bulk, i)), $"b{i}")
                    );
                Expect(await client.PostAsync("/Bulk", Messages.Bulk([.. operations])), 200);
                AcknowledgedBulks.Add(bulk);
            }
        }
        catch (HttpRequestException)
        {
            // As above.
        }
    }

    private static string Title(Random random) => $"title {random.Next().ToString(CultureInfo.InvariantCulture)}";

    private static void Expect(ScimResponse answer, int status)
    {
        // A server that is being killed may still say that its database went first.
        if (answer.Status == 503)
        {
            throw new HttpRequestException("503");
        }

        answer.Status.Should().Be(status, answer.Text);
    }
}
