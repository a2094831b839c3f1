using System.Text.Json.Serialization;
using Scim.TestKit;

namespace Scim.Load.Reports;

/// <summary>
/// One kind of request on one target: medians over the rounds. Latencies in milliseconds, CPU in microseconds, memory and
/// traffic in bytes, the latter two per operation where the name says so.
/// </summary>
internal sealed record Result
{
    public required string Database { get; init; }

    public required string Target { get; init; }

    public required string Workload { get; init; }

    public required int Users { get; init; }

    public int? Members { get; init; }

    public required int Rounds { get; init; }

    public required int Requests { get; init; }

    public required double PerSecond { get; init; }

    public required double PerSecondMin { get; init; }

    public required double PerSecondMax { get; init; }

    public required double P50 { get; init; }

    public required double P95 { get; init; }

    public required double P99 { get; init; }

    public required double ServerCpu { get; init; }

    public required double DatabaseCpu { get; init; }

    /// <summary>None where the runtime's count stood still: it does after a heap was given back, until it has caught up.</summary>
    public double? AllocatedPerOperation { get; init; }

    public required long ResidentBytes { get; init; }

    public double? RoundTrips { get; set; }

    public double? SentToDatabase { get; set; }

    public double? ReceivedFromDatabase { get; set; }

    /// <summary>Requests per second to those of the floor in the same run.</summary>
    public double? Ratio { get; set; }

    /// <summary>The smallest and the largest ratio of one pair of rounds.</summary>
    public double? RatioMin { get; set; }

    public double? RatioMax { get; set; }

    /// <summary>CPU of the floor to ours, server and database together: 0.5 is twice the work.</summary>
    public double? CpuRatio { get; set; }

    public double? Goal { get; init; }

    public required IReadOnlyDictionary<string, int> Failures { get; init; }

    [JsonIgnore]
    public double Cpu => ServerCpu + DatabaseCpu;

    public bool IsOurs(DatabaseKind database, int users) =>
        Target == Load.Target.Ours && Database == database.ToString() && Users == users;

    public static Result Of(string database, Target target, int users, int? members, IReadOnlyList<Round> rounds)
    {
        double Median(Func<Round, double> pick) => Medians.Of(rounds.Select(pick));

        return new Result
        {
            Database = database,
            Target = target.Name,
            Workload = rounds[0].Series,
            Users = users,
            Members = members,
            Rounds = rounds.Count,
            Requests = rounds.Sum(round => round.Requests),
            PerSecond = Median(round => round.PerSecond),
            PerSecondMin = rounds.Min(round => round.PerSecond),
            PerSecondMax = rounds.Max(round => round.PerSecond),
            P50 = Median(round => round.P50),
            P95 = Median(round => round.P95),
            P99 = Median(round => round.P99),
            ServerCpu = Median(round => round.ServerCpu / round.Units * 1e6),
            DatabaseCpu = Median(round => round.DatabaseCpu / round.Units * 1e6),
            AllocatedPerOperation = rounds.Where(round => round.AllocatedBytes > 0).ToList() is { Count: > 0 } known
                ? Medians.Of(known.Select(round => round.AllocatedBytes / round.Units))
                : null,
            ResidentBytes = rounds.Max(round => round.ResidentBytes),
            Goal = target.IsFloor ? null : Goals.For(database, rounds[0].Series),
            Failures = Measurement.Merge(rounds.Select(round => round.Failures)),
        };
    }

    public void Compare(Result floor, IReadOnlyList<Round> floorRounds, IReadOnlyList<Round> rounds)
    {
        var pairs = rounds.Zip(floorRounds, (ours, theirs) => ours.PerSecond / theirs.PerSecond).ToList();
        (Ratio, RatioMin, RatioMax) = (PerSecond / floor.PerSecond, pairs.Min(), pairs.Max());
        CpuRatio = Cpu > 0 ? floor.Cpu / Cpu : null;
    }
}

internal static class Medians
{
    public static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length == 0 ? 0
            : sorted.Length % 2 == 1 ? sorted[middle]
            : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

/// <summary>What share of the floor's requests per second each workload should reach, on the same database.</summary>
internal static class Goals
{
    private static readonly Dictionary<string, (double PostgreSql, double Sqlite)> Known = new()
    {
        ["get"] = (0.75, 0.70),
        ["lookup"] = (0.70, 0.70),
        ["lookup-external-id"] = (0.70, 0.70),
        ["search-sw"] = (0.70, 0.70),
        ["search-co"] = (0.70, 0.70),
        ["search-co-rare"] = (0.70, 0.70),
        ["search-and"] = (0.70, 0.70),
        ["search-value-path"] = (0.70, 0.70),
        ["list"] = (0.75, 0.75),
        ["list-deep"] = (2, 2),
        ["cursor"] = (0.75, 0.75),
        ["patch-active"] = (0.70, 0.70),
        ["patch-department"] = (0.70, 0.70),
        ["put"] = (0.55, 0.55),
        ["create"] = (0.60, 1.0),
        ["delete"] = (0.60, 1.0),
        ["member-add"] = (0.60, 0.60),
        ["member-remove"] = (0.60, 0.60),
        ["group-head"] = (0.75, 0.75),
        ["group"] = (0.80, 0.80),
        ["member-add-10000"] = (0.80, 0.80),
        ["bulk-1000"] = (0.45, 0.45),
        ["sync"] = (0.65, 0.65),
    };

    public static double? For(string database, string workload) =>
        Known.TryGetValue(workload.Split('@')[0], out var goal)
            ? database == nameof(DatabaseKind.Sqlite)
                ? goal.Sqlite
                : goal.PostgreSql
            : null;
}
