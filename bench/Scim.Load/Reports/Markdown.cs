using System.Globalization;
using System.Text;

namespace Scim.Load.Reports;

/// <summary>The report for people.</summary>
internal static class Markdown
{
    private const double Megabyte = 1024 * 1024;

    public static string Of(Report report)
    {
        var text = new StringBuilder("# Benchmark\n\n");
        AddMachine(text, report);
        foreach (var group in report.Results.GroupBy(result => (result.Database, result.Users)))
        {
            AddResults(text, group.Key.Database, group.Key.Users, [.. group]);
        }

        AddMemory(text, report);
        AddStreams(text, report);
        AddFairness(text, report);
        return text.ToString();
    }

    private static void AddMachine(StringBuilder text, Report report)
    {
        var (machine, options) = (report.Machine, report.Options);
        Line(text, $"- {machine.Date:yyyy-MM-dd HH:mm} UTC, commit {machine.Commit}");
        Line(
            text,
            $"- {machine.Processors} × {machine.Processor}, {machine.MemoryBytes / Megabyte / 1024:F0} GB, {machine.Kernel}, {machine.Runtime}"
        );
        Line(text, $"- load average at the start {machine.LoadAverage}; fdatasync {machine.SyncMicroseconds:F0} µs");
        Line(
            text,
            $"- {options.Rounds} rounds of {options.Seconds} s on each target in turn, {options.Connections} connections (groups, bulk: 1)"
        );
        Line(
            text,
            $"- settings: {string.Join(", ", report.Options.Settings.Select(pair => $"`{pair.Key}={pair.Value}`"))}"
        );
        foreach (var (database, settings) in report.Settings)
        {
            Line(text, $"- {database}: {string.Join(", ", settings.Select(pair => $"{pair.Key} {pair.Value}"))}");
        }

        text.Append(
            """

            The floor runs the same requests with the bare statements and no checks. Ratio: requests per second of the platform to
            the floor's in the same run, in brackets the extreme pairs of rounds; CPU ratio: the floor's CPU for an operation to
            ours, server and database together. Driver, servers and database share the machine. Figures of bulk and sync are users.

            """
        );
    }

    private static void AddResults(StringBuilder text, string database, int users, List<Result> results)
    {
        Line(text, $"\n## {database}, {users:N0} users\n");
        Line(
            text,
            $"| workload | floor /s | ours /s | ratio | goal | CPU ratio | p50 ms | p95 ms | p99 ms | CPU µs server + database (floor) | allocated kB (floor) | round trips (floor) | database kB out/in | RSS MB |"
        );
        Line(text, $"|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var pair in results.GroupBy(result => result.Workload))
        {
            var floor = pair.First(result => result.Target == Target.Floor);
            var ours = pair.First(result => result.Target == Target.Ours);
            Line(
                text,
                $"| {pair.Key} | {floor.PerSecond:N0} | {ours.PerSecond:N0} | {ours.Ratio:F2} ({ours.RatioMin:F2}..{ours.RatioMax:F2}) | {Goal(ours)} | {ours.CpuRatio:F2} | {ours.P50:F2} | {ours.P95:F2} | {ours.P99:F2} | {ours.ServerCpu:F0} + {ours.DatabaseCpu:F0} ({floor.Cpu:F0}) | {Known(ours.AllocatedPerOperation / 1024)} ({Known(floor.AllocatedPerOperation / 1024)}) | {Known(ours.RoundTrips)} ({Known(floor.RoundTrips)}) | {Known(ours.SentToDatabase / 1024)}/{Known(ours.ReceivedFromDatabase / 1024)} | {ours.ResidentBytes / Megabyte:F0} |"
            );
        }

        foreach (var result in results)
        {
            foreach (var (reason, count) in result.Failures)
            {
                Line(text, $"\n**{result.Target} {result.Workload} failed {count} times**: `{reason}`");
            }
        }
    }

    private static void AddMemory(StringBuilder text, Report report)
    {
        Line(text, $"\n## Memory and size\n");
        Line(
            text,
            $"| database | users | RSS MB idle | highest in the workloads | since the start | database MB | floor's |"
        );
        Line(text, $"|---|---:|---:|---:|---:|---:|---:|");
        foreach (var (memory, size) in report.Memory.Zip(report.Sizes))
        {
            Line(
                text,
                $"| {memory.Database} | {memory.Users:N0} | {memory.IdleBytes / Megabyte:F0} | {memory.HighestBytes / Megabyte:F0} | {memory.PeakBytes / Megabyte:F0} | {size.OurBytes / Megabyte:F0} | {size.FloorBytes / Megabyte:F0} |"
            );
        }
    }

    private static void AddStreams(StringBuilder text, Report report)
    {
        Line(text, $"\n| one group streamed | members | RSS MB idle | highest | more |");
        Line(text, $"|---|---:|---:|---:|---:|");
        foreach (var stream in report.Streams)
        {
            Line(
                text,
                $"| {stream.Database} | {stream.Members:N0} | {stream.IdleBytes / Megabyte:F0} | {stream.HighestBytes / Megabyte:F0} | {(stream.HighestBytes - stream.IdleBytes) / Megabyte:F0} |"
            );
        }
    }

    private static void AddFairness(StringBuilder text, Report report)
    {
        if (report.Fairness.Count == 0)
        {
            return;
        }

        Line(text, $"\n## Fairness\n");
        Line(
            text,
            $"One tenant offers 50 times its rate limit; a quiet one sends less than its own. Median of the alternations.\n"
        );
        Line(
            text,
            $"| database | limit /s | offered /s | quiet p95 ms alone | beside the noise | ratio | quiet failures | refused without Retry-After |"
        );
        Line(text, $"|---|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var fairness in report.Fairness)
        {
            Line(
                text,
                $"| {fairness.Database} | {fairness.Limit} | {fairness.OfferedPerSecond:N0} | {Medians.Of(fairness.AloneP95):F2} | {Medians.Of(fairness.BesideNoiseP95):F2} | {fairness.Ratio:F2} | {fairness.QuietFailures.Values.Sum()} | {fairness.RefusedWithoutRetryAfter} |"
            );
        }
    }

    private static string Goal(Result result) =>
        result.Goal is { } goal
            ? string.Create(CultureInfo.InvariantCulture, $"{goal:F2} {(result.Ratio >= goal ? "met" : "**missed**")}")
            : "";

    private static string Known(double? value) => value?.ToString("F1", CultureInfo.InvariantCulture) ?? "-";

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
