using System.Security.Cryptography;
using Scim.Domain.Tenants;

namespace Scim.Domain.Audit;

/// <summary>A journal row with every column: what is sealed. The change itself lies apart; its salted digest is here.</summary>
public sealed record JournalRecord(
    TenantId Tenant,
    long Sequence,
    int Epoch,
    long TransactionId,
    DateTimeOffset OccurredAt,
    string Actor,
    string RequestId,
    string Operation,
    string? ResourceType,
    string? ResourceId,
    string Outcome,
    string? Detail,
    int Occurrences,
    byte[]? ChangeDigest
)
{
    public byte[] Hash() =>
        MerkleTree.Leaf(
            new CanonicalBytes("scim.journal.1")
                .Add(Tenant.Value)
                .Add(Sequence)
                .Add(Epoch)
                .Add(TransactionId)
                .Add(OccurredAt)
                .Add(Actor)
                .Add(RequestId)
                .Add(Operation)
                .Add(ResourceType)
                .Add(ResourceId)
                .Add(Outcome)
                .Add(Detail)
                .Add(Occurrences)
                .Add(ChangeDigest)
                .Span
        );

    /// <summary>What is left beside the row of the change that it recorded.</summary>
    public ChangeState StateOf(byte[]? salt, string? change)
    {
        if (salt is null || change is null)
        {
            return ChangeDigest is null ? ChangeState.None : ChangeState.Erased;
        }

        byte[] salted = [.. salt, .. System.Text.Encoding.UTF8.GetBytes(change)];
        return SHA256.HashData(salted).AsSpan().SequenceEqual(ChangeDigest) ? ChangeState.Kept : ChangeState.Altered;
    }
}

public enum ChangeState
{
    /// <summary>The row recorded none.</summary>
    None,
    Kept,

    /// <summary>It was deleted, as retention and erasure do; the facts stay, and stay verifiable.</summary>
    Erased,

    /// <summary>It is not the one that the row recorded.</summary>
    Altered,
}
