using System.Diagnostics;
using System.Globalization;
using Scim.Load.Reports;
using Scim.Load.Servers;
using Scim.Load.Workloads;
using Scim.TestKit;

namespace Scim.Load;

/// <summary>A quiet tenant's 95th percentile alone and beside a noisy one, alternation by alternation.</summary>
internal sealed record FairnessResult(
    string Database,
    int Limit,
    double OfferedPerSecond,
    IReadOnlyList<double> AloneP95,
    IReadOnlyList<double> BesideNoiseP95,
    double Ratio,
    IReadOnlyDictionary<string, int> QuietFailures,
    int RefusedWithoutRetryAfter
);

/// <summary>One tenant sends 50 times its rate limit; another one, well behaved, should hardly feel it.</summary>
internal static class Fairness
{
    private const int Limit = 100;
    private const int Times = 50;
    private const int QuietPerSecond = 50;
    private const int NoisyConnections = 4;
    private const int Alternations = 5;
    private const int Users = 500;
    private const double LengthInRounds = 3;

    // On a database of its own: replicas of one database share the limit.
    public static async Task<FairnessResult> MeasureAsync(DatabaseKind kind, LoadOptions options, TextWriter console)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var settings = new Dictionary<string, string> { ["Limits:RequestsPerSecond"] = $"{Limit}" };
        using var server = await Deployment.StartOursAsync(options, database, settings);
        var quiet = await CreateTenantAsync(server);
        var noisy = await CreateTenantAsync(server);
        var seconds = options.Seconds * LengthInRounds;
        Measurement.Run(quiet, Paced(quiet, "quiet", QuietPerSecond), 1, seconds);

        var (alone, beside, noise) = (new List<Round>(), new List<Round>(), new List<Round>());
        var unsaid = 0;
        for (var i = 0; i < Alternations; i++)
        {
            alone.AddRange(Measurement.Run(quiet, Paced(quiet, "quiet", QuietPerSecond), 1, seconds));
            var flood = Task.Run(() =>
                Measurement.Run(noisy, Flood(noisy, () => Interlocked.Increment(ref unsaid)), NoisyConnections, seconds)
            );
            beside.AddRange(Measurement.Run(quiet, Paced(quiet, "quiet", QuietPerSecond), 1, seconds));
            noise.AddRange(await flood);
        }

        var result = new FairnessResult(
            kind.ToString(),
            Limit,
            Medians.Of(noise.Select(round => round.PerSecond)),
            [.. alone.Select(round => round.P95)],
            [.. beside.Select(round => round.P95)],
            Medians.Of(beside.Zip(alone, (loud, still) => loud.P95 / still.P95)),
            Measurement.Merge(alone.Concat(beside).Select(round => round.Failures)),
            unsaid
        );
        await console.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{kind} fairness: {result.OfferedPerSecond:F0}/s offered, quiet p95 × {result.Ratio:F2}, {result.QuietFailures.Values.Sum()} failures"
            )
        );
        return result;
    }

    private static async Task<Target> CreateTenantAsync(ApiProcess server)
    {
        using var tenant = await TestTenant.CreateAsync(server);
        var address = new Uri(server.BaseAddress, "/scim/v2");
        var target = new Target(Target.Ours, address, tenant.Token, new Directory { Tag = tenant.Slug })
        {
            Process = new ProcessFigures(server.Id, null, new Uri(server.BaseAddress, "/metrics")),
        };
        Seeding.Grow(target, Users, 1);
        return target;
    }

    /// <summary>Three reads, one PATCH, evenly spread over the second.</summary>
    private static Action<Worker> Paced(Target target, string series, int perSecond)
    {
        var started = Stopwatch.GetTimestamp();
        return worker =>
        {
            var due = TimeSpan.FromSeconds(worker.Steps++ / (double)perSecond) - Stopwatch.GetElapsedTime(started);
            if (due > TimeSpan.Zero)
            {
                Thread.Sleep(due);
            }

            var path = "/Users/" + target.Directory.Users[worker.Next(target.Directory.Users.Count)];
            if (worker.Steps % 4 == 0)
            {
                var body = Messages.Replace(worker.Body, "title", $"\"Title {worker.Next(100_000)}\"");
                worker.Time(series, 200, "PATCH", path, body);
            }
            else
            {
                worker.Time(series, 200, "GET", path);
            }
        };
    }

    private static Action<Worker> Flood(Target target, Action refusedWithoutRetryAfter)
    {
        var started = Stopwatch.GetTimestamp();
        return worker =>
        {
            var due =
                TimeSpan.FromSeconds(worker.Steps++ * NoisyConnections / (double)(Limit * Times))
                - Stopwatch.GetElapsedTime(started);
            if (due > TimeSpan.Zero)
            {
                Thread.Sleep(due);
            }

            var path = "/Users/" + target.Directory.Users[worker.Next(target.Directory.Users.Count)];
            worker.Time("noisy", 200, "GET", path, orStatus: 429);
            if (worker.Http is { Status: 429, HasRetryAfter: false })
            {
                refusedWithoutRetryAfter();
            }
        };
    }
}
