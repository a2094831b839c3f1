using System.Diagnostics;
using Scim.Load.Servers;

namespace Scim.Load;

/// <summary>One round of one kind of request on one target. Latencies in milliseconds, CPU in seconds.</summary>
internal sealed record Round(string Series, int Requests, double Units, double Seconds)
{
    public double P50 { get; init; }

    public double P95 { get; init; }

    public double P99 { get; init; }

    public double ServerCpu { get; init; }

    public double DatabaseCpu { get; init; }

    public double AllocatedBytes { get; init; }

    public long ResidentBytes { get; init; }

    public IReadOnlyDictionary<string, int> Failures { get; init; } = new Dictionary<string, int>();

    public double PerSecond => Units / Seconds;
}

internal static class Measurement
{
    /// <summary>Repeats a step on some connections until the time is over.</summary>
    public static List<Round> Run(Target target, Action<Worker> step, int connections, double seconds) =>
        Run(
            target,
            connections,
            (worker, elapsed) =>
            {
                do
                {
                    step(worker);
                } while (elapsed.Elapsed.TotalSeconds < seconds);
            }
        );

    /// <summary>Runs the body once on each connection. What the workers timed comes back as one round for each series.</summary>
    public static List<Round> Run(Target target, int connections, Action<Worker, Stopwatch> body)
    {
        var workers = Enumerable.Range(0, connections).Select(number => new Worker(target, number)).ToList();
        var before = target.Process.Read();
        using var resident = new ResidentSampler(target.Process);
        var elapsed = Stopwatch.StartNew();
        var faults = RunThreads(workers, worker => body(worker, elapsed));
        var seconds = elapsed.Elapsed.TotalSeconds;
        var used = target.Process.Read() - before;
        var rounds = Collect(workers, seconds, used, resident.Peak());
        workers.ForEach(worker => worker.Dispose());
        return faults.Count == 0 ? rounds : throw new LoadException(string.Join('\n', faults));
    }

    /// <summary>Untimed work on some connections, before or after a measurement.</summary>
    public static void Prepare(Target target, int connections, Action<Worker> body) =>
        Run(target, connections, (worker, _) => body(worker));

    /// <summary>Reason → how often, over several of the same.</summary>
    public static Dictionary<string, int> Merge(IEnumerable<IReadOnlyDictionary<string, int>> failures) =>
        failures
            .SelectMany(each => each)
            .GroupBy(failure => failure.Key)
            .ToDictionary(group => group.Key, group => group.Sum(failure => failure.Value));

    private static List<string> RunThreads(List<Worker> workers, Action<Worker> body)
    {
        var faults = new List<string>();
        var threads = workers.ConvertAll(worker => new Thread(() =>
        {
            try
            {
                body(worker);
            }
#pragma warning disable CA1031 // An exception that left the thread would end the process without a report.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                lock (faults)
                {
                    faults.Add(exception is LoadException ? exception.Message : exception.ToString());
                }
            }
        }));
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return faults;
    }

    private static List<Round> Collect(List<Worker> workers, double seconds, ProcessReading used, long resident)
    {
        var names = workers.SelectMany(worker => worker.Series.Keys).Distinct().ToList();
        var waited = workers.SelectMany(worker => worker.Series.Values).Sum(series => (double)series.Ticks.Sum());
        return names.ConvertAll(name =>
        {
            var series = workers
                .Where(worker => worker.Series.ContainsKey(name))
                .Select(worker => worker.Series[name])
                .ToList();
            var ticks = series.SelectMany(each => each.Ticks).Order().ToArray();
            // Several series share the time and the CPU of a round in proportion to the time each was waited for.
            var share = names.Count == 1 ? 1 : ticks.Sum(each => (double)each) / waited;
            return new Round(name, ticks.Length, series.Sum(each => each.Units), seconds * share)
            {
                P50 = Percentile(ticks, 0.50),
                P95 = Percentile(ticks, 0.95),
                P99 = Percentile(ticks, 0.99),
                ServerCpu = used.ServerCpu * share,
                DatabaseCpu = used.DatabaseCpu * share,
                AllocatedBytes = used.AllocatedBytes * share,
                ResidentBytes = resident,
                Failures = Merge(series.Select(each => each.Failures)),
            };
        });
    }

    private static double Percentile(long[] sorted, double share) =>
        sorted.Length == 0
            ? 0
            : Stopwatch
                .GetElapsedTime(0, sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))])
                .TotalMilliseconds;
}
