using Scim.TestKit;

namespace Scim.Load;

/// <summary>What a run measures, and for how long.</summary>
internal sealed record LoadOptions
{
    public IReadOnlyList<DatabaseKind> Databases { get; init; } = [.. TestKit.Databases.All];

    /// <summary>Users in the directory; each step grows the one before.</summary>
    public IReadOnlyList<int> Users { get; init; } = [10_000];

    /// <summary>Sizes of the groups that are read and changed; those larger than the directory are left out.</summary>
    public IReadOnlyList<int> Members { get; init; } = [1000, 10_000];

    /// <summary>Names of workloads; none for all.</summary>
    public IReadOnlyList<string> Workloads { get; init; } = [];

    public int Rounds { get; init; } = 3;

    /// <summary>Length of a round of one workload on one target.</summary>
    public double Seconds { get; init; } = 1;

    public int Connections { get; init; } = 8;

    public int SyncUsers { get; init; } = 10_000;

    /// <summary>Whether to plot growth over users, group size, page depth, tenants and journal length.</summary>
    public bool Curves { get; init; }

    public IReadOnlyList<int> Tenants { get; init; } = [1, 100, 10_000];

    public IReadOnlyList<int> JournalRows { get; init; } = [0, 100_000, 1_000_000];

    /// <summary>
    /// Whether the platform keeps its search indexes (<c>Database:SearchIndexes</c>). The floor has its own only while searches
    /// are measured, so writes are compared like with like when they are off.
    /// </summary>
    public bool SearchIndexes { get; init; } = true;

    /// <summary>
    /// How every server is started, beside what names its database. Sealing comes often, and so soon after the writes that it is for;
    /// left at five minutes it falls on some workload that has nothing to do with it.
    /// </summary>
    public IReadOnlyDictionary<string, string> Settings =>
        new Dictionary<string, string>
        {
            ["Limits:RequestsPerSecond"] = "0",
            ["Bootstrap:Demo"] = "false",
            ["Audit:SealSeconds"] = "5",
            ["Logging:LogLevel:Default"] = "Warning",
            ["Database:SearchIndexes"] = SearchIndexes ? "true" : "false",
        };

    /// <summary>Folder with the published <c>Scim.Api</c> and <c>Scim.Floor</c>; otherwise what the build left is run.</summary>
    public string? Programs { get; init; }

    public string Output { get; init; } = "artifacts/benchmark";

    /// <summary>Folder of the documents that the curves go into.</summary>
    public string Documents { get; init; } = Path.Combine(Repository.Root, "docs");

    public bool Measures(string workload) => Workloads.Count == 0 || Workloads.Contains(workload);
}

/// <summary>The benchmark cannot go on: a server refused what it must do before anything can be measured.</summary>
internal sealed class LoadException(string message) : Exception(message);
