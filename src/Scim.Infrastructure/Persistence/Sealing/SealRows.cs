using Scim.Domain.Audit;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Sealing;

internal sealed class SealRow
{
    public const string Columns = "tenant_id, number, previous, first_sequence, last_sequence, root, leaves, sealed_at";

    public Guid TenantId { get; init; }

    public long Number { get; init; }

    public byte[] Previous { get; init; } = [];

    public long FirstSequence { get; init; }

    public long LastSequence { get; init; }

    public byte[] Root { get; init; } = [];

    public byte[] Leaves { get; init; } = [];

    public DateTimeOffset SealedAt { get; init; }

    public Seal ToSeal() =>
        new(new TenantId(TenantId), Number, Previous, FirstSequence, LastSequence, Root, Leaves, SealedAt);

    public static Seal Read(Rows rows) =>
        new(
            new TenantId(rows.Uuid(0)),
            rows.Int(1),
            rows.Bytes(2),
            rows.Int(3),
            rows.Int(4),
            rows.Bytes(5),
            rows.Bytes(6),
            rows.Time(7)
        );
}

internal sealed class CheckpointRow
{
    public const string Columns =
        "tenant_id, number, previous, seal_number, seal_hash, last_sequence, made_at, key_id, signature";

    public Guid TenantId { get; init; }

    public long Number { get; init; }

    public byte[] Previous { get; init; } = [];

    public long SealNumber { get; init; }

    public byte[] SealHash { get; init; } = [];

    public long LastSequence { get; init; }

    public DateTimeOffset MadeAt { get; init; }

    public string KeyId { get; init; } = "";

    public byte[] Signature { get; init; } = [];

    public Checkpoint ToCheckpoint() =>
        new(new TenantId(TenantId), Number, Previous, SealNumber, SealHash, LastSequence, MadeAt, KeyId, Signature);

    public static Checkpoint Read(Rows rows) =>
        new(
            new TenantId(rows.Uuid(0)),
            rows.Int(1),
            rows.Bytes(2),
            rows.Int(3),
            rows.Bytes(4),
            rows.Int(5),
            rows.Time(6),
            rows.Text(7),
            rows.Bytes(8)
        );
}

internal sealed class RecordRow
{
    /// <summary>In the order of <see cref="Read"/>. A transaction id has a type of its own on PostgreSQL.</summary>
    public const string Columns = """
        tenant_id, sequence, epoch, cast(cast(xid as text) as bigint) as transaction_id, occurred_at, actor, request_id,
        operation, resource_type, resource_id, outcome, detail, occurrences, change_digest
        """;

    public Guid TenantId { get; init; }

    public long Sequence { get; init; }

    public int Epoch { get; init; }

    public long TransactionId { get; init; }

    public DateTimeOffset OccurredAt { get; init; }

    public string Actor { get; init; } = "";

    public string RequestId { get; init; } = "";

    public string Operation { get; init; } = "";

    public string? ResourceType { get; init; }

    public string? ResourceId { get; init; }

    public string Outcome { get; init; } = "";

    public string? Detail { get; init; }

    public int Occurrences { get; init; }

    public byte[]? ChangeDigest { get; init; }

    public JournalRecord ToRecord() =>
        new(
            new TenantId(TenantId),
            Sequence,
            Epoch,
            TransactionId,
            OccurredAt,
            Actor,
            RequestId,
            Operation,
            ResourceType,
            ResourceId,
            Outcome,
            Detail,
            Occurrences,
            ChangeDigest
        );

    public static JournalRecord Read(Rows rows) =>
        new(
            new TenantId(rows.Uuid(0)),
            rows.Int(1),
            (int)rows.Int(2),
            rows.Int(3),
            rows.Time(4),
            rows.Text(5),
            rows.Text(6),
            rows.Text(7),
            rows.TextOrNull(8),
            rows.TextOrNull(9),
            rows.Text(10),
            rows.TextOrNull(11),
            (int)rows.Int(12),
            rows.BytesOrNull(13)
        );
}
