using Scim.Domain.Tenants;

namespace Scim.Domain.Audit;

/// <summary>
/// Reads a tenant's journal with its seals and checkpoints in the order of an export, and tells all that does not fit.
/// </summary>
/// <param name="isSigned">Whether a checkpoint is signed by a known key; null when no key is at hand.</param>
public sealed class ChainVerifier(TenantId tenant, Func<Checkpoint, bool>? isSigned)
{
    private const int FindingLimit = 1000;

    private readonly List<Finding> _findings = [];
    private readonly Dictionary<long, byte[]> _sealHashes = [];
    private readonly Dictionary<long, byte[]> _checkpoints = [];
    private List<JournalRecord> _open = [];
    private Seal? _lastSeal;
    private Checkpoint? _lastCheckpoint;
    private long _rows;
    private long _kept;
    private long _erased;
    private long _vouched;
    private long _findingCount;

    /// <summary>The rows that a seal fixes come before it.</summary>
    public void Read(JournalRecord row, byte[]? salt, string? change)
    {
        _rows++;
        _open.Add(row);
        switch (row.StateOf(salt, change))
        {
            case ChangeState.Kept:
                _kept++;
                break;
            case ChangeState.Erased:
                _erased++;
                break;
            case ChangeState.Altered:
                Tell(new(FindingKind.ChangeAltered, "The change is not the one that the row recorded.", row.Sequence));
                break;
        }
    }

    public void Read(Seal seal)
    {
        if (seal.Tenant != tenant || seal.Number != (_lastSeal?.Number ?? 0) + 1)
        {
            var number = seal.Number <= (_lastSeal?.Number ?? 0) ? "occurs again" : "does not follow the one before";
            Tell(new(FindingKind.SealBroken, $"The seal {number}.", Seal: seal.Number));
        }

        if (!seal.Previous.AsSpan().SequenceEqual(_lastSeal?.Hash() ?? Seal.Nothing))
        {
            Tell(new(FindingKind.SealBroken, "The seal names another as the one before it.", Seal: seal.Number));
        }

        if (!seal.Root.AsSpan().SequenceEqual(MerkleTree.Root(seal.Leaves)))
        {
            Tell(new(FindingKind.SealBroken, "The seal's root is not that of its leaves.", Seal: seal.Number));
        }

        Compare(seal);
        _sealHashes[seal.Number] = seal.Hash();
        _lastSeal = seal;
    }

    /// <summary>The copies that lie beside the journal; after all seals.</summary>
    public void Read(Checkpoint checkpoint)
    {
        Check(checkpoint, _lastCheckpoint);
        _checkpoints[checkpoint.Number] = checkpoint.Digest();
        _lastCheckpoint = checkpoint;
    }

    /// <param name="secondPlace">The copies kept elsewhere, in their order; null when they were not looked at.</param>
    /// <param name="delivered">The number of the last checkpoint that another system took; null without one.</param>
    public ChainReport Finish(IReadOnlyList<Checkpoint>? secondPlace, long? delivered = null)
    {
        if (delivered > (_lastCheckpoint?.Number ?? 0))
        {
            Tell(
                new(
                    FindingKind.CheckpointMissing,
                    "The receiver took it; beside the journal it is gone.",
                    Checkpoint: delivered
                )
            );
        }

        if (secondPlace is not null)
        {
            CheckSecondPlace(secondPlace);
        }

        return new ChainReport(
            _rows,
            _sealHashes.Count,
            _open.Count,
            _kept,
            _erased,
            _checkpoints.Count,
            _vouched,
            isSigned is not null,
            secondPlace is not null,
            delivered,
            _findingCount,
            _findings
        );
    }

    private void Compare(Seal seal)
    {
        var rows = _open.FindAll(row => row.Sequence <= seal.LastSequence);
        _open = _open.FindAll(row => row.Sequence > seal.LastSequence);
        var hashes = rows.ConvertAll(row => Convert.ToHexString(row.Hash()));
        var leaves = new List<string>(seal.Count);
        for (var at = 0; at < seal.Leaves.Length; at += MerkleTree.HashLength)
        {
            leaves.Add(Convert.ToHexString(seal.Leaves.AsSpan(at, MerkleTree.HashLength)));
        }

        if (hashes.SequenceEqual(leaves))
        {
            return;
        }

        var before = _findingCount;
        var known = leaves.ToHashSet();
        foreach (var (row, _) in rows.Zip(hashes).Where(pair => !known.Contains(pair.Second)))
        {
            Tell(
                new(
                    FindingKind.RowChangedOrInserted,
                    $"The row of {row.Operation} is not one of those that were sealed.",
                    row.Sequence,
                    seal.Number
                )
            );
        }

        var missing = leaves.Except(hashes).Count();
        if (missing > 0)
        {
            Tell(
                new(FindingKind.RowMissing, $"Of the rows as they were sealed, {missing} are gone.", Seal: seal.Number)
            );
        }

        if (_findingCount == before)
        {
            Tell(new(FindingKind.RowsMoved, "The rows are not in their order, or not once each.", Seal: seal.Number));
        }
    }

    private void Check(Checkpoint checkpoint, Checkpoint? last)
    {
        if (checkpoint.Number <= (last?.Number ?? 0))
        {
            Tell(
                new(
                    FindingKind.CheckpointReplayed,
                    $"It stands after checkpoint {last!.Number}.",
                    Checkpoint: checkpoint.Number
                )
            );
        }
        else if (checkpoint.Number != (last?.Number ?? 0) + 1)
        {
            Tell(new(FindingKind.CheckpointMissing, "Those before it are gone.", Checkpoint: checkpoint.Number));
        }
        else if (
            checkpoint.Tenant != tenant
            || !checkpoint.Previous.AsSpan().SequenceEqual(last?.Digest() ?? Seal.Nothing)
        )
        {
            Tell(
                new(
                    FindingKind.CheckpointBroken,
                    "It names another as the one before it.",
                    Checkpoint: checkpoint.Number
                )
            );
        }

        if (isSigned?.Invoke(checkpoint) == false)
        {
            Tell(new(FindingKind.CheckpointBroken, "It is not signed by a known key.", Checkpoint: checkpoint.Number));
        }

        Compare(checkpoint);
    }

    private void Compare(Checkpoint checkpoint)
    {
        if (!_sealHashes.TryGetValue(checkpoint.SealNumber, out var hash))
        {
            Tell(
                new(
                    FindingKind.Truncated,
                    $"The chain reached seal {checkpoint.SealNumber}; that is gone.",
                    Seal: checkpoint.SealNumber,
                    Checkpoint: checkpoint.Number
                )
            );
        }
        else if (!hash.AsSpan().SequenceEqual(checkpoint.SealHash))
        {
            Tell(
                new(
                    FindingKind.Forked,
                    $"Seal {checkpoint.SealNumber} is another than the one that was there.",
                    Seal: checkpoint.SealNumber,
                    Checkpoint: checkpoint.Number
                )
            );
        }
        else
        {
            _vouched = Math.Max(_vouched, checkpoint.SealNumber);
        }
    }

    private void CheckSecondPlace(IReadOnlyList<Checkpoint> secondPlace)
    {
        Checkpoint? last = null;
        foreach (var checkpoint in secondPlace)
        {
            Check(checkpoint, last);
            if (
                !_checkpoints.TryGetValue(checkpoint.Number, out var digest)
                || !digest.AsSpan().SequenceEqual(checkpoint.Digest())
            )
            {
                Tell(
                    new(
                        FindingKind.CheckpointMissing,
                        "The second place has it; beside the journal it is gone or another.",
                        Checkpoint: checkpoint.Number
                    )
                );
            }

            last = checkpoint;
        }

        foreach (var number in _checkpoints.Keys.Except(secondPlace.Select(checkpoint => checkpoint.Number)))
        {
            Tell(
                new(
                    FindingKind.CheckpointMissing,
                    "It lies beside the journal; in the second place it is gone.",
                    Checkpoint: number
                )
            );
        }
    }

    private void Tell(Finding finding)
    {
        _findingCount++;
        if (_findings.Count < FindingLimit)
        {
            _findings.Add(finding);
        }
    }
}
