namespace Scim.Load.Workloads;

/// <summary>One kind of work, repeated for a round on each target in turn.</summary>
internal sealed record Workload(string Name, Func<Target, Action<Worker>> Prepare)
{
    /// <summary>Connections, when not those of the run: an identity provider works on one group sequentially.</summary>
    public int? Connections { get; init; }

    /// <summary>Once for each target, untimed: what is written must be there when read back. Fast answers that change nothing do not count.</summary>
    public Action<Worker>? Verify { get; init; }

    /// <summary>After each round: restores the size of the directory. What it times is reported too.</summary>
    public Func<Target, IReadOnlyList<Round>>? Tidy { get; init; }

    /// <summary>Whether the floor needs its search indexes, which it does without otherwise.</summary>
    public bool NeedsSearchIndexes { get; init; }

    /// <summary>Whether the step is one whole round: the time is what it takes.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Size of the group it works on.</summary>
    public int? Members { get; init; }
}
