using System.Globalization;
using Scim.Load.Reports;
using Scim.Load.Servers;
using Scim.Load.Workloads;
using Scim.TestKit;

namespace Scim.Load;

/// <summary>Runs every workload on the floor and on the platform in turn, on each database and size of directory.</summary>
internal sealed class Benchmark(LoadOptions options, TextWriter console)
{
    private const double WarmShare = 0.5;
    private const int CountedSteps = 200;

    private readonly Run _run = new(options);
    private readonly Report _report = new(options);

    public async Task<Report> RunAsync()
    {
        foreach (var kind in options.Databases)
        {
            await console.WriteLineAsync($"# {kind}");
            if (options.Workloads.Count == 0 || options.Workloads.Any(name => name != Catalogue.Fairness))
            {
                await RunAsync(kind);
            }

            if (options.Measures(Catalogue.Fairness))
            {
                _report.Fairness.Add(await Fairness.MeasureAsync(kind, options, console));
            }
        }

        return _report;
    }

    private async Task RunAsync(DatabaseKind kind)
    {
        await using var deployment = await Deployment.StartAsync(kind, options.Programs);
        _report.Settings[kind.ToString()] = await deployment.OurDatabase.SettingsAsync();
        foreach (var users in options.Users)
        {
            await RunAsync(deployment, users);
        }
    }

    private async Task RunAsync(Deployment deployment, int users)
    {
        foreach (var target in deployment.Targets)
        {
            Seeding.Grow(target, users, options.Connections);
        }

        await deployment.FloorDatabase.SettleAsync();
        await deployment.OurDatabase.SettleAsync();
        _report.Sizes.Add(
            new DatabaseSize(
                deployment.Kind.ToString(),
                users,
                await deployment.FloorDatabase.SizeAsync(),
                await deployment.OurDatabase.SizeAsync()
            )
        );
        var idle = deployment.Ours.Process.ResidentBytes();
        var indexed = false;
        foreach (var workload in Catalogue.Of(_run, users))
        {
            if (workload.NeedsSearchIndexes != indexed)
            {
                indexed = workload.NeedsSearchIndexes;
                SetSearchIndexes(deployment.Floor, indexed);
            }

            await RunAsync(deployment, workload);
        }

        if (indexed)
        {
            SetSearchIndexes(deployment.Floor, present: false);
        }

        if (options.Measures(Catalogue.Synchronisation))
        {
            var rounds = Alternate(deployment, (target, round) => FirstSynchronisation.Measure(_run, target, round));
            await ReportAsync(deployment, rounds, null);
        }

        var highest = _report
            .Results.Where(result => result.IsOurs(deployment.Kind, users))
            .Max(result => result.ResidentBytes);
        _report.Memory.Add(
            new Memory(deployment.Kind.ToString(), users, idle, highest, deployment.Ours.Process.PeakResidentBytes())
        );
    }

    private async Task RunAsync(Deployment deployment, Workload workload)
    {
        var connections = workload.Connections ?? options.Connections;
        var steps = deployment.Targets.ToDictionary(target => target, workload.Prepare);
        foreach (var target in deployment.Targets)
        {
            if (workload.Verify is { } verify)
            {
                Measurement.Prepare(target, 1, verify);
            }

            Measurement.Run(target, steps[target], connections, options.Seconds * WarmShare);
            workload.Tidy?.Invoke(target);
        }

        var rounds = Alternate(
            deployment,
            (target, _) =>
            {
                var measured = Measurement.Run(target, steps[target], connections, options.Seconds);
                return workload.Tidy is { } tidy ? [.. measured, .. tidy(target)] : measured;
            }
        );
        var results = await ReportAsync(deployment, rounds, workload.Members);
        CountTraffic(deployment, workload, results);
    }

    /// <summary>Floor, ours, floor, ours …: a disturbance of the machine meets both.</summary>
    private List<(Target Target, Round Round)> Alternate(
        Deployment deployment,
        Func<Target, int, IReadOnlyList<Round>> measure
    ) =>
        [
            .. from round in Enumerable.Range(0, options.Rounds)
            from target in deployment.Targets
            from measured in measure(target, round)
            select (target, measured),
        ];

    private async Task<List<Result>> ReportAsync(
        Deployment deployment,
        List<(Target Target, Round Round)> all,
        int? members
    )
    {
        var results = new List<Result>();
        foreach (var series in all.GroupBy(each => each.Round.Series))
        {
            List<Round> Of(Target target) =>
                [.. series.Where(each => each.Target == target).Select(each => each.Round)];

            var (floorRounds, ourRounds) = (Of(deployment.Floor), Of(deployment.Ours));
            var users = deployment.Ours.Directory.Users.Count;
            var floor = Result.Of(deployment.Kind.ToString(), deployment.Floor, users, members, floorRounds);
            var ours = Result.Of(deployment.Kind.ToString(), deployment.Ours, users, members, ourRounds);
            ours.Compare(floor, floorRounds, ourRounds);
            results.AddRange([floor, ours]);
            await console.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{deployment.Kind} {users} {series.Key}: {ours.PerSecond:F0}/s, {ours.Ratio:F2} of the floor ({ours.RatioMin:F2}..{ours.RatioMax:F2}), CPU {ours.CpuRatio:F2}"
                )
            );
            foreach (var (reason, count) in floor.Failures.Concat(ours.Failures))
            {
                await console.WriteLineAsync($"  FAILED {count} x {reason}");
            }
        }

        _report.Results.AddRange(results);
        return results;
    }

    /// <summary>A short pass of its own, since the proxy costs time: round trips and bytes for each operation.</summary>
    private void CountTraffic(Deployment deployment, Workload workload, List<Result> results)
    {
        foreach (var (target, (counted, proxy)) in deployment.Counted)
        {
            var step = workload.Prepare(counted);
            // Statements are prepared at their second use.
            Repeat(counted, step, count: 3);
            Note(() => Repeat(counted, step, CountedSteps));
            if (workload.Tidy is { } tidy)
            {
                Note(() => tidy(counted));
            }

            void Note(Func<IReadOnlyList<Round>> run)
            {
                var before = proxy.Read();
                var rounds = run();
                var traffic = proxy.Read() - before;
                var units = rounds.Sum(round => round.Units);
                var names = rounds.Select(round => round.Series).ToHashSet();
                foreach (
                    var result in results.Where(each => each.Target == target.Name && names.Contains(each.Workload))
                )
                {
                    result.RoundTrips = traffic.RoundTrips / units;
                    result.SentToDatabase = traffic.SentBytes / units;
                    result.ReceivedFromDatabase = traffic.ReceivedBytes / units;
                }
            }
        }
    }

    private List<Round> Repeat(Target target, Action<Worker> step, int count) =>
        Measurement.Run(
            target,
            1,
            (worker, elapsed) =>
            {
                for (var i = 0; i < count && (i == 0 || elapsed.Elapsed.TotalSeconds < options.Seconds); i++)
                {
                    step(worker);
                }
            }
        );

    private static void SetSearchIndexes(Target floor, bool present) =>
        Measurement.Prepare(floor, 1, worker => worker.Require(200, present ? "PUT" : "DELETE", "/search-indexes"));
}
