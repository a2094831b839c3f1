using System.Text;
using Scim.Load.Http;

namespace Scim.Load.Workloads;

internal static class Groups
{
    private const int ChunkSize = 5000;

    public static IEnumerable<Workload> All(int members) =>
        [Membership(members), WithoutMembers(members), WithMembers(members)];

    /// <summary>One member in, the same one out.</summary>
    public static Workload Membership(int members) =>
        new(
            $"member@{members}",
            target =>
            {
                var path = "/Groups/" + Build(target, members);
                var spare = target.Directory.Spare;
                return worker =>
                {
                    var user = spare[worker.Steps++ % spare.Count];
                    var add = Messages.AddMembers(worker.Body, [user]);
                    if (worker.Time($"member-add@{members}", 204, "PATCH", path, add))
                    {
                        var remove = Messages.RemoveMember(worker.Body, user);
                        worker.Time($"member-remove@{members}", 204, "PATCH", path, remove);
                    }
                };
            }
        )
        {
            Connections = 1,
            Members = members,
            Verify = worker =>
            {
                var path = "/Groups/" + worker.Target.Directory.Groups[members];
                var user = worker.Target.Directory.Spare[0];
                worker.Require(204, "PATCH", path, Messages.AddMembers(worker.Body, [user]));
                worker.Require(200, "GET", path);
                Writes.Require(worker, worker.Http.Text.Contains(user), "the new member is not in the group");
                worker.Require(204, "PATCH", path, Messages.RemoveMember(worker.Body, user));
                worker.Require(200, "GET", path);
                Writes.Require(worker, !worker.Http.Text.Contains(user), "the removed member is still in the group");
            },
        };

    private static Workload WithoutMembers(int members) =>
        new(
            $"group-head@{members}",
            target =>
            {
                var path = $"/Groups/{Build(target, members)}?excludedAttributes=members";
                var member = Encoding.ASCII.GetBytes(target.Directory.Users[0]);
                return worker =>
                {
                    if (worker.Time($"group-head@{members}", 200, "GET", path))
                    {
                        var excluded = worker.Http.Body.IndexOf(member) < 0;
                        worker.Check($"group-head@{members}", excluded, "members were not excluded");
                    }
                };
            }
        )
        {
            Connections = 1,
            Members = members,
        };

    public static Workload WithMembers(int members) =>
        new(
            $"group@{members}",
            target =>
            {
                var path = "/Groups/" + Build(target, members);
                return worker =>
                {
                    if (worker.Time($"group@{members}", 200, "GET", path) && worker.IsInspected())
                    {
                        var count = Answers.Count(worker.Http.Body, "\"value\":"u8);
                        worker.Check($"group@{members}", count == members, "the number of members is wrong");
                    }
                };
            }
        )
        {
            Connections = 1,
            Members = members,
        };

    /// <summary>A PATCH that puts 10,000 members into an empty group, or the whole directory when it is smaller.</summary>
    public static Workload AddMany(Run run) =>
        new(
            "member-add-10000",
            target =>
            {
                var users = target.Directory.Users.Take(10_000).ToList();
                return worker =>
                {
                    worker.Require(
                        201,
                        "POST",
                        "/Groups",
                        Messages.Group(worker.Body, $"many-{run.Tag}-{run.NewPerson()}")
                    );
                    var path = "/Groups/" + worker.Id();
                    worker.Time("member-add-10000", 204, "PATCH", path, Messages.AddMembers(worker.Body, users));
                    worker.Require(204, "DELETE", path);
                };
            }
        )
        {
            Connections = 1,
        };

    public static string Build(Target target, int members)
    {
        if (target.Directory.Groups.TryGetValue(members, out var known))
        {
            return known;
        }

        Measurement.Prepare(
            target,
            1,
            worker =>
            {
                worker.Require(
                    201,
                    "POST",
                    "/Groups",
                    Messages.Group(worker.Body, $"of-{target.Directory.Tag}-{members}")
                );
                var id = worker.Id();
                foreach (var chunk in target.Directory.Users.Take(members).Chunk(ChunkSize))
                {
                    worker.Require(204, "PATCH", "/Groups/" + id, Messages.AddMembers(worker.Body, chunk));
                }

                target.Directory.Groups[members] = id;
            }
        );
        return target.Directory.Groups[members];
    }
}
