using Scim.Load.Reports;
using Scim.Load.Servers;
using Scim.Load.Workloads;

namespace Scim.Load;

/// <summary>Round trips and bytes for each operation, in a short pass of its own since the proxy costs time.</summary>
internal static class TrafficPass
{
    private const int PreparingSteps = 3; // statements are prepared at their second use
    private const int CountedSteps = 200;
    private const double LongestSeconds = 2;

    public static void Count(Deployment deployment, Workload workload, List<Result> results)
    {
        foreach (var (target, (counted, counter)) in deployment.Counted)
        {
            var step = workload.Prepare(counted);
            Repeat(counted, step, PreparingSteps);
            Note(() => Repeat(counted, step, CountedSteps));
            if (workload.Tidy is { } tidy)
            {
                Note(() => tidy(counted));
            }

            void Note(Func<IReadOnlyList<Round>> run)
            {
                var before = counter.Read();
                var rounds = run();
                var traffic = counter.Read() - before;
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

    private static List<Round> Repeat(Target target, Action<Worker> step, int count) =>
        Measurement.Run(
            target,
            1,
            (worker, elapsed) =>
            {
                for (var i = 0; i < count && (i == 0 || elapsed.Elapsed.TotalSeconds < LongestSeconds); i++)
                {
                    step(worker);
                }
            }
        );
}
