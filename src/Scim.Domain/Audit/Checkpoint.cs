using System.Security.Cryptography;
using Scim.Domain.Tenants;

namespace Scim.Domain.Audit;

/// <summary>
/// A signed statement that a chain reached a seal. Kept in a second place as well, it shows what someone did who could
/// rewrite rows and seals together. Each names the one before it, so none can be left out or played back.
/// </summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Previous">The digest of the checkpoint before; zeros in the first.</param>
/// <param name="KeyId">Which key signed it.</param>
public sealed record Checkpoint(
    TenantId Tenant,
    long Number,
    byte[] Previous,
    long SealNumber,
    byte[] SealHash,
    long LastSequence,
    DateTimeOffset MadeAt,
    string KeyId,
    byte[] Signature
)
{
    /// <summary>Not signed yet.</summary>
    public static Checkpoint Of(Seal seal, Checkpoint? last, DateTimeOffset now, string keyId) =>
        new(
            seal.Tenant,
            (last?.Number ?? 0) + 1,
            last?.Digest() ?? Seal.Nothing,
            seal.Number,
            seal.Hash(),
            seal.LastSequence,
            now,
            keyId,
            []
        );

    public byte[] SignedBytes() =>
        new CanonicalBytes("scim.checkpoint.1")
            .Add(Tenant.Value)
            .Add(Number)
            .Add(Previous)
            .Add(SealNumber)
            .Add(SealHash)
            .Add(LastSequence)
            .Add(MadeAt)
            .Add(KeyId)
            .Span.ToArray();

    public byte[] Digest() => SHA256.HashData([.. SignedBytes(), .. Signature]);
}
