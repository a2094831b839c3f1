using System.Collections.Concurrent;
using Scim.Load.Http;

namespace Scim.Load.Workloads;

/// <summary>
/// An identity provider's first cycle: every user is looked up and created, then the groups, then two memberships for
/// each user in PATCHes of 20. The figure is users per second over the whole cycle; its parts are reported beside it.
/// </summary>
internal static class FirstSynchronisation
{
    private const int GroupCount = 100;
    private const int BatchSize = 20;

    public static List<Round> Measure(Run run, Target target, int round)
    {
        var (users, connections) = (run.Options.SyncUsers, run.Options.Connections);
        var tag = $"{run.Tag}y{round}";
        var userIds = new string[users];
        var groupIds = new string[GroupCount];
        var parts = new List<Round>();
        parts.AddRange(
            ForEach(target, connections, users, (worker, index) => userIds[index] = AddUser(worker, tag, index))
        );
        parts.AddRange(
            ForEach(target, connections, GroupCount, (worker, index) => groupIds[index] = AddGroup(worker, tag, index))
        );
        parts.AddRange(
            ForEach(
                target,
                connections,
                GroupCount,
                (worker, index) => AddMembers(worker, groupIds[index], userIds, index)
            )
        );
        Measurement.Prepare(
            target,
            1,
            worker => Array.ForEach(groupIds, id => worker.Require(204, "DELETE", "/Groups/" + id))
        );
        Writes.Delete(target, new ConcurrentQueue<string>(userIds), connections);
        return [Whole(users, parts), .. parts];
    }

    private static Round Whole(int users, List<Round> parts)
    {
        var seconds = parts.Sum(part => part.Seconds);
        return new Round("sync", parts.Sum(part => part.Requests), users, seconds)
        {
            P50 = seconds * 1000,
            P95 = seconds * 1000,
            P99 = seconds * 1000,
            ServerCpu = parts.Sum(part => part.ServerCpu),
            DatabaseCpu = parts.Sum(part => part.DatabaseCpu),
            AllocatedBytes = parts.Sum(part => part.AllocatedBytes),
            ResidentBytes = parts.Max(part => part.ResidentBytes),
        };
    }

    private static List<Round> ForEach(Target target, int connections, int count, Action<Worker, int> work)
    {
        var next = -1;
        return Measurement.Run(
            target,
            connections,
            (worker, _) =>
            {
                int index;
                while ((index = Interlocked.Increment(ref next)) < count)
                {
                    work(worker, index);
                }
            }
        );
    }

    private static string AddUser(Worker worker, string tag, int index)
    {
        var filter = $"userName eq \"{People.UserName(tag, index)}\"";
        if (worker.Time("sync-lookup", 200, "GET", Messages.Users(filter)))
        {
            worker.Check("sync-lookup", Answers.Total(worker.Http.Body) == 0, "a user that was not created yet");
        }

        worker.Time("sync-create", 201, "POST", "/Users", People.Add(worker.Body.Clear(), tag, index));
        return worker.Id();
    }

    private static string AddGroup(Worker worker, string tag, int index)
    {
        var name = $"{tag}-group-{index}";
        var filter = Uri.EscapeDataString($"displayName eq \"{name}\"");
        worker.Time("sync-group-lookup", 200, "GET", $"/Groups?filter={filter}&excludedAttributes=members");
        worker.Time("sync-group-create", 201, "POST", "/Groups", Messages.Group(worker.Body, name));
        return worker.Id();
    }

    private static void AddMembers(Worker worker, string group, string[] users, int index)
    {
        var share = 2 * users.Length / GroupCount;
        foreach (var batch in Enumerable.Range(0, share).Chunk(BatchSize))
        {
            var members = batch.Select(number => users[((index * share / 2) + number) % users.Length]);
            worker.Time("sync-members", 204, "PATCH", "/Groups/" + group, Messages.AddMembers(worker.Body, members));
        }
    }
}
