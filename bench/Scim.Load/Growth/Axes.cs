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
            await TellAsync(Depth, depth);
            Measure(Depth, depth, deployment.Targets, [Reads.ListAt(depth), Reads.CursorAt(depth)]);
        }

        var filler = new Filler(deployment.OurDatabase);
        foreach (var tenants in run.Options.Tenants)
        {
            await TellAsync(Tenants, tenants);
            await filler.GrowTenantsAsync(tenants);
            MeasureAll(Tenants, tenants);
        }

        foreach (var rows in run.Options.JournalRows)
        {
            await TellAsync(Journal, rows);
            await filler.GrowJournalAsync(rows);
            MeasureAll(Journal, rows);
        }

        return points;

        Task TellAsync(string axis, long at) => console.WriteLineAsync($"{deployment.Kind} {axis} {at}");

        // Groups of one size: how they grow with it is an axis of its own.
        void MeasureAll(string axis, long at)
        {
            var size = run.Options.Members[0];
            Measure(
                axis,
                at,
                [deployment.Ours],
                Catalogue.Of(run, count).Where(workload => workload.Members is null || workload.Members == size)
            );
            if (run.Options.Measures(Catalogue.Synchronisation))
            {
                var rounds = Alternation.Repeat(
                    [deployment.Ours],
                    run.Options.Rounds,
                    (target, round) => FirstSynchronisation.Measure(run, target, round)
                );
                Add(axis, at, rounds, members: null);
            }
        }

        void Measure(string axis, long at, IReadOnlyList<Target> targets, IEnumerable<Workload> workloads)
        {
            foreach (var workload in workloads)
            {
                Add(axis, at, Alternation.Measure(targets, workload, run.Options), workload.Members);
            }
        }

        void Add(string axis, long at, List<(Target Target, Round Round)> measured, int? members) =>
            points.AddRange(
                measured
                    .GroupBy(each => (each.Target, each.Round.Series))
                    .Select(rounds =>
                        GrowthPoint.Of(
                            axis,
                            at,
                            Result.Of(
                                deployment.Kind.ToString(),
                                rounds.Key.Target,
                                count,
                                members,
                                [.. rounds.Select(each => each.Round)]
                            )
                        )
                    )
            );
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
}
