using System.Text.Json.Serialization;
using Scim.Domain.Audit;
using Scim.Domain.Tenants;

namespace Scim.Application.Audit;

/// <summary>A piece of a tenant's trail: rows, after them the seal that fixes them, and checkpoints at the end.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(TrailRow), "row")]
[JsonDerivedType(typeof(TrailSeal), "seal")]
[JsonDerivedType(typeof(TrailCheckpoint), "checkpoint")]
public abstract record TrailEntry;

/// <param name="Salt">Null when there is no change, or it was erased.</param>
public sealed record TrailRow(JournalRecord Row, byte[]? Salt, string? Change) : TrailEntry;

public sealed record TrailSeal(Seal Seal) : TrailEntry;

public sealed record TrailCheckpoint(Checkpoint Checkpoint) : TrailEntry;

public interface IAuditTrail
{
    /// <summary>The whole trail of a tenant, as its own session sees it.</summary>
    IAsyncEnumerable<TrailEntry> ReadAsync(TenantId tenant, CancellationToken cancellationToken);
}
