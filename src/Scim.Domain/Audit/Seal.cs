using System.Security.Cryptography;
using Scim.Domain.Tenants;

namespace Scim.Domain.Audit;

/// <summary>
/// A link of a tenant's chain: it fixes the journal rows from the last link's end to its own, and the link before it.
/// </summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Previous">The hash of the seal before; zeros in the first.</param>
/// <param name="Leaves">The hash of each row, so that a verifier can name the row that differs.</param>
public sealed record Seal(
    TenantId Tenant,
    long Number,
    byte[] Previous,
    long FirstSequence,
    long LastSequence,
    byte[] Root,
    byte[] Leaves,
    DateTimeOffset SealedAt
)
{
    public static readonly byte[] Nothing = new byte[MerkleTree.HashLength];

    public int Count => Leaves.Length / MerkleTree.HashLength;

    /// <param name="last">The head of the chain; null to begin one.</param>
    /// <param name="rows">In the order of their sequence, and none of them sealed yet.</param>
    public static Seal After(Seal? last, TenantId tenant, IReadOnlyList<JournalRecord> rows, DateTimeOffset now)
    {
        var leaves = new byte[rows.Count * MerkleTree.HashLength];
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i].Hash().CopyTo(leaves, i * MerkleTree.HashLength);
        }

        return new Seal(
            tenant,
            (last?.Number ?? 0) + 1,
            last?.Hash() ?? Nothing,
            rows[0].Sequence,
            rows[^1].Sequence,
            MerkleTree.Root(leaves),
            leaves,
            now
        );
    }

    public byte[] Hash() =>
        SHA256.HashData(
            new CanonicalBytes("scim.seal.1")
                .Add(Tenant.Value)
                .Add(Number)
                .Add(Previous)
                .Add(FirstSequence)
                .Add(LastSequence)
                .Add(Count)
                .Add(Root)
                .Add(SealedAt)
                .Span
        );
}
