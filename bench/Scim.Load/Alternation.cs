using Scim.Load.Workloads;

namespace Scim.Load;

/// <summary>Floor, ours, floor, ours …: a disturbance of the machine meets both.</summary>
internal static class Alternation
{
    private const double WarmShare = 0.5;

    /// <summary>Checks the effect of the workload, warms it up, and measures its rounds.</summary>
    public static List<(Target Target, Round Round)> Measure(
        IReadOnlyList<Target> targets,
        Workload workload,
        LoadOptions options
    )
    {
        var connections = workload.Connections ?? options.Connections;
        var steps = targets.ToDictionary(target => target, workload.Prepare);
        foreach (var target in targets)
        {
            if (workload.Verify is { } verify)
            {
                Measurement.Prepare(target, 1, verify);
            }

            Measurement.Run(target, steps[target], connections, options.Seconds * WarmShare);
            workload.Tidy?.Invoke(target);
        }

        return Repeat(
            targets,
            options.Rounds,
            (target, _) =>
            {
                var measured = Measurement.Run(target, steps[target], connections, options.Seconds);
                return workload.Tidy is { } tidy ? [.. measured, .. tidy(target)] : measured;
            }
        );
    }

    public static List<(Target Target, Round Round)> Repeat(
        IReadOnlyList<Target> targets,
        int rounds,
        Func<Target, int, IReadOnlyList<Round>> measure
    ) =>
        [
            .. from round in Enumerable.Range(0, rounds)
            from target in targets
            from measured in measure(target, round)
            select (target, measured),
        ];
}
