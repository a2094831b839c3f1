namespace Scim.Load.Workloads;

internal static class Catalogue
{
    /// <summary>The workload that is not repeated steps but one long cycle.</summary>
    public const string Synchronisation = "sync";

    public const string Fairness = "fairness";

    /// <summary>Names by which workloads are chosen; those on groups are run for every size.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [.. Of(new Run(new LoadOptions { Members = [1] }), 1).Select(NameOf), Synchronisation, Fairness];

    /// <summary>What is measured on a directory of so many users, searches together so that their indexes are made once.</summary>
    public static IEnumerable<Workload> Of(Run run, int users)
    {
        IEnumerable<Workload> all =
        [
            .. Reads.All(),
            .. Writes.All(run),
            .. run.Options.Members.Where(members => members <= users).SelectMany(Groups.All),
            Groups.AddMany(run),
            .. Searches.All(),
        ];
        return all.Where(workload => run.Options.Measures(NameOf(workload)));
    }

    private static string NameOf(Workload workload) => workload.Name.Split('@')[0];
}
