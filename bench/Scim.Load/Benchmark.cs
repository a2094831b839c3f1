using System.Globalization;
using Scim.Load.Growth;
using Scim.Load.Reports;
using Scim.Load.Servers;
using Scim.Load.Workloads;
using Scim.TestKit;

namespace Scim.Load;

/// <summary>Runs every workload on the floor and on the platform in turn, on each database and size of directory.</summary>
internal sealed class Benchmark(LoadOptions options, TextWriter console)
{
    private const double FirstWarmSeconds = 3;

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

            // What one database showed is kept when the other fails.
            await _report.WriteAsync();
        }

        return _report;
    }

    private async Task RunAsync(DatabaseKind kind)
    {
        await using var deployment = await Deployment.StartAsync(kind, options);
        _report.Settings[kind.ToString()] = await deployment.OurDatabase.SettingsAsync();
        foreach (var users in options.Users)
        {
            await RunAsync(deployment, users);
        }

        _report.Streams.AddRange(await GroupStream.MeasureAsync(deployment, _run));
        if (options.Curves)
        {
            _report.Growth.AddRange(await Axes.MeasureAsync(deployment, _run, console));
        }
    }

    private async Task RunAsync(Deployment deployment, int users)
    {
        foreach (var target in deployment.Targets)
        {
            Seeding.Grow(target, users, options.Connections);
        }

        await SettleAsync(deployment);
        _report.Sizes.Add(
            new DatabaseSize(
                deployment.Kind.ToString(),
                users,
                await deployment.FloorDatabase.SizeAsync(),
                await deployment.OurDatabase.SizeAsync()
            )
        );
        if (users == options.Users[0])
        {
            Warm(deployment);
        }

        var idle = deployment.Ours.Process.ResidentBytes();
        var indexed = false;
        foreach (var workload in Catalogue.Of(_run, users))
        {
            if (workload.NeedsSearchIndexes != indexed)
            {
                indexed = workload.NeedsSearchIndexes;
                SetSearchIndexes(deployment.Floor, indexed);
            }

            await BuildGroupAsync(deployment, workload.Members);
            await RunAsync(deployment, workload);
        }

        if (indexed)
        {
            SetSearchIndexes(deployment.Floor, present: false);
        }

        if (options.Measures(Catalogue.Synchronisation))
        {
            var rounds = Alternation.Repeat(
                deployment.Targets,
                options.Rounds,
                (target, round) => FirstSynchronisation.Measure(_run, target, round)
            );
            await ReportAsync(deployment, rounds, null);
        }

        var highest = _report
            .Results.Where(result => result.IsOurs(deployment.Kind, users))
            .Max(result => result.ResidentBytes);
        _report.Memory.Add(
            new Memory(deployment.Kind.ToString(), users, idle, highest, deployment.Ours.Process.PeakResidentBytes())
        );
    }

    // As it is a minute later anyway, when autovacuum has come by: a join on a new group is planned by what is known of it.
    private static async Task BuildGroupAsync(Deployment deployment, int? members)
    {
        if (members is { } size && !deployment.Ours.Directory.Groups.ContainsKey(size))
        {
            foreach (var target in deployment.Targets)
            {
                Groups.Build(target, size);
            }

            await SettleAsync(deployment);
        }
    }

    private static async Task SettleAsync(Deployment deployment)
    {
        await deployment.FloorDatabase.SettleAsync();
        await deployment.OurDatabase.SettleAsync();
        await deployment.OurDatabase.AwaitSealingAsync();
    }

    private async Task RunAsync(Deployment deployment, Workload workload)
    {
        var rounds = Alternation.Measure(deployment.Targets, workload, options);
        var results = await ReportAsync(deployment, rounds, workload.Members);
        TrafficPass.Count(deployment, workload, results);
    }

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

    // Compiled code, pools and caches settle before the first figure.
    private void Warm(Deployment deployment)
    {
        foreach (var target in deployment.Targets)
        {
            var seconds = Math.Min(FirstWarmSeconds, FirstWarmSeconds * options.Seconds);
            Measurement.Run(target, Reads.Get().Prepare(target), options.Connections, seconds);
        }
    }

    private static void SetSearchIndexes(Target floor, bool present) =>
        Measurement.Prepare(floor, 1, worker => worker.Require(200, present ? "PUT" : "DELETE", "/search-indexes"));
}
