namespace Scim.Domain.Audit;

public enum FindingKind
{
    /// <summary>A row that is not as it was sealed, or was never sealed though rows after it were.</summary>
    RowChangedOrInserted,

    /// <summary>A row that was sealed is gone.</summary>
    RowMissing,

    /// <summary>Rows are as they were sealed, but not in their order or not once each.</summary>
    RowsMoved,

    /// <summary>What lies beside a row is not the change that it recorded.</summary>
    ChangeAltered,

    /// <summary>A seal contradicts itself or the seal before it.</summary>
    SealBroken,

    /// <summary>The chain ends before a seal that a checkpoint saw.</summary>
    Truncated,

    /// <summary>The chain is another than the one that a checkpoint saw.</summary>
    Forked,

    /// <summary>A checkpoint is not signed by a known key, or was changed.</summary>
    CheckpointBroken,

    /// <summary>A checkpoint is known in one place and not in the other.</summary>
    CheckpointMissing,

    /// <summary>A checkpoint stands where a later one is due.</summary>
    CheckpointReplayed,
}

/// <param name="Sequence">Of the row concerned, where one can be named.</param>
/// <param name="Seal">The number of the seal concerned.</param>
/// <param name="Checkpoint">The number of the checkpoint concerned.</param>
public sealed record Finding(
    FindingKind Kind,
    string Text,
    long? Sequence = null,
    long? Seal = null,
    long? Checkpoint = null
);

/// <param name="Unsealed">Rows after the last seal; nothing vouches for them yet.</param>
/// <param name="Kept">Rows whose change is still there.</param>
/// <param name="Erased">Rows whose change was erased; their facts are verified all the same.</param>
/// <param name="VouchedSeal">The last seal that a checkpoint vouches for; 0 for none.</param>
/// <param name="SignaturesChecked">False when no key was at hand.</param>
/// <param name="DeliveredCheckpoint">The last one that the receiver of checkpoints took, whose copies are not read; null without one.</param>
/// <param name="Findings">The first of them; <paramref name="FindingCount"/> says how many there are.</param>
public sealed record ChainReport(
    long Rows,
    long Seals,
    long Unsealed,
    long Kept,
    long Erased,
    long Checkpoints,
    long VouchedSeal,
    bool SignaturesChecked,
    bool SecondPlaceChecked,
    long? DeliveredCheckpoint,
    long FindingCount,
    IReadOnlyList<Finding> Findings
)
{
    public bool IsIntact => FindingCount == 0;
}
