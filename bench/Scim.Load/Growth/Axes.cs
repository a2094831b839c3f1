using Scim.Load.Reports;
using Scim.Load.Servers;
using Scim.Load.Workloads;

namespace Scim.Load.Growth;

/// <summary>How long one kind of request takes at one place of an axis: medians, milliseconds and microseconds.</summary>
internal sealed record GrowthPoint(string Axis, string Database, string Target, string Workload, long At)
{
    public required double P50 { get; init; }

    public required double P95 { get; init; }

    public required double Cpu { get; init; }

    public required IReadOnlyDictionary<string, int> Failures { get; init; }

    public static GrowthPoint Of(string axis, long at, Result result) =>
        new(axis, result.Database, result.Target, result.Workload.Split('@')[0], at)
        {
            P50 = result.P50,
            P95 = result.P95,
            Cpu = result.Cpu,
            Failures = result.Failures,
        };
}

/// <summary>Growth over what a run does not vary anyway: depth of the page, other tenants, length of the journal.</summary>
internal static class Axes
{
    public const string Users = "users";
    public const string Members = "group members";
    public const string Depth = "page depth";
    public const string Tenants = "tenants";
    public const string Journal = "journal rows";

    private const int PageSize = 100;

    public static async Task<IReadOnlyList<GrowthPoint>> MeasureAsync(
        Deployment deployment,
        Run run,
        TextWriter console
    )
    {
        var points = new List<GrowthPoint>();
        var count = deployment.Ours.Directory.Users.Count;
        foreach (var depth in Depths(count - PageSize))
        {
            await AddAsync(Depth, depth, deployment.Targets, [Reads.ListAt(depth), Reads.CursorAt(depth)]);
        }

        var filler = new Filler(deployment.OurDatabase);
        foreach (var tenants in run.Options.Tenants)
        {
            await filler.GrowTenantsAsync(tenants);
            await AddAsync(Tenants, tenants, [deployment.Ours], Usual(run));
        }

        foreach (var rows in run.Options.JournalRows)
        {
            await filler.GrowJournalAsync(rows);
            await AddAsync(Journal, rows, [deployment.Ours], Usual(run));
        }

        return points;

        async Task AddAsync(string axis, long at, IReadOnlyList<Target> targets, IEnumerable<Workload> workloads)
        {
            await console.WriteLineAsync($"{deployment.Kind} {axis} {at}");
            foreach (var workload in workloads)
            {
                var measured = Alternation
                    .Measure(targets, workload, run.Options)
                    .GroupBy(each => (each.Target, each.Round.Series));
                points.AddRange(
                    measured.Select(rounds =>
                        GrowthPoint.Of(
                            axis,
                            at,
                            Result.Of(
                                deployment.Kind.ToString(),
                                rounds.Key.Target,
                                count,
                                workload.Members,
                                [.. rounds.Select(each => each.Round)]
                            )
                        )
                    )
                );
            }
        }
    }

    private static IEnumerable<int> Depths(int last)
    {
        yield return 0;
        for (var depth = PageSize; depth < last; depth *= 10)
        {
            yield return depth;
        }

        yield return last / PageSize * PageSize;
    }

    private static IEnumerable<Workload> Usual(Run run) =>
        [
            Reads.Get(),
            Reads.Lookup(),
            Reads.ListAt(0),
            Searches.StartsWith(),
            Writes.PatchDepartment(run),
            Writes.CreateAndDelete(run),
            Groups.Membership(run.Options.Members[0]),
        ];
}
