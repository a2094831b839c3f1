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
    private const int Writers = 6;

    public const int BulkSize = 300;

    /// <summary>Of each user that was acknowledged: the titles it may have now, or null among them when it may be gone.</summary>
    public ConcurrentDictionary<string, string?[]> Users { get; } = new();

    /// <summary>Members acknowledged and never removed.</summary>
    public ConcurrentDictionary<string, bool> Members { get; } = new();

    public ConcurrentBag<string> Deleted { get; } = [];

    public ConcurrentBag<string> AcknowledgedBulks { get; } = [];

    private int _bulks;
    private int _refusals;
    private CancellationToken? _end;

    public int Bulks => _bulks;

    /// <summary>Answers of 503.</summary>
    public int Refusals => _refusals;

    public int Acknowledged => Users.Count + Deleted.Count;

    /// <summary>Works until the server is gone.</summary>
    public Task RunAsync() => Task.WhenAll([.. Enumerable.Range(0, Writers).Select(WriteAsync), BulkAsync()]);

    /// <summary>Works until told to end, and repeats what is answered 503 as <c>Retry-After</c> asks, only sooner.</summary>
    public Task RunAsync(CancellationToken end)
    {
        _end = end;
        return Task.WhenAll(Enumerable.Range(0, Writers).Select(WriteAsync));
    }

    public static string BulkName(string bulk, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"bulk-{bulk}-{index}");

    private async Task WriteAsync(int writer)
    {
        var random = new Random(seed + writer);
        var mine = new List<string>();
        try
        {
            while (_end is not { IsCancellationRequested: true })
            {
                var user = mine.Count == 0 ? "" : mine[random.Next(mine.Count)];
                switch (mine.Count == 0 ? 0 : random.Next(8))
                {
                    case < 3:
                        if (await CreateAsync(random) is { } created)
                        {
                            mine.Add(created);
                        }

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
        catch (HttpRequestException) when (_end is not { IsCancellationRequested: false })
        {
            // The server is gone, as it should be.
        }
    }

    private async Task<string?> CreateAsync(Random random)
    {
        var user = Some.User();
        var title = Title(random);
        user["title"] = title;
        var answer = await SendAsync(() => client.PostAsync("/Users", user), 201, doneBefore: 409);
        if (answer.Status == 409)
        {
            return null;
        }

        Users[answer.Id] = [title];
        return answer.Id;
    }

    private async Task RetitleAsync(string user, Random random)
    {
        var title = Title(random);
        Users[user] = [.. Users[user], title];
        await SendAsync(() => client.PatchAsync($"/Users/{user}", Messages.Patch("replace", "title", title)), 200);
        Users[user] = [title];
    }

    private async Task JoinAsync(string user)
    {
        await SendAsync(() => client.PatchAsync($"/Groups/{group}", Messages.AddMembers(user)), 204);
        Members[user] = true;
    }

    private async Task DeleteAsync(string user)
    {
        Users[user] = [.. Users[user], null];
        Members.TryRemove(user, out _);
        await SendAsync(() => client.DeleteAsync($"/Users/{user}"), 204, doneBefore: 404);
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
                await SendAsync(() => client.PostAsync("/Bulk", Messages.Bulk([.. operations])), 200);
                AcknowledgedBulks.Add(bulk);
            }
        }
        catch (HttpRequestException)
        {
            // As above.
        }
    }

    private static string Title(Random random) => $"title {random.Next().ToString(CultureInfo.InvariantCulture)}";

    /// <param name="doneBefore">The answer when an attempt was carried out although it was answered 503.</param>
    private async Task<ScimResponse> SendAsync(Func<Task<ScimResponse>> send, int status, int? doneBefore = null)
    {
        var answer = await send();
        for (var again = false; ; again = true, answer = await send())
        {
            if (answer.Status != 503)
            {
                answer.Status.Should().BeOneOf([status, again && doneBefore is { } done ? done : status], answer.Text);
                return answer;
            }

            answer.Header("Retry-After").Should().NotBeNullOrEmpty();
            Interlocked.Increment(ref _refusals);
            // A server that is being killed may still say that its database went first.
            if (_end is not { IsCancellationRequested: false })
            {
                throw new HttpRequestException("503");
            }

            await Task.Delay(20);
        }
    }
}
