using System.Text.Json;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Audit;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;

namespace Scim.Application.Audit;

/// <summary>
/// Seals what a tenant's journal has grown by, and signs a checkpoint when there is a key to sign with. Then it notes whom
/// those rows name as members of groups. Answers, as JSON, how far it came.
/// </summary>
public sealed record SealJournal(JobLease Lease) : ICommand<string?>
{
    public const string JobType = "audit.seal";
    public const int RowsPerSeal = 1000;
}

internal sealed class SealJournalHandler(
    ISealStore store,
    ICheckpoints checkpoints,
    IMembershipHistory memberships,
    TimeProvider clock
) : IRequestHandler<SealJournal, string?>
{
    public async Task<string?> Handle(SealJournal request, CancellationToken cancellationToken)
    {
        var tenant = request.Lease.Tenant;
        var last = await store.FindLastSealAsync(tenant, cancellationToken);
        var settled = await store.SettleAsync(tenant, cancellationToken);
        var rows = 0;
        IReadOnlyList<JournalRecord> segment;
        do
        {
            var from = (last?.LastSequence ?? 0) + 1;
            segment = await store.ReadAsync(tenant, from, settled, SealJournal.RowsPerSeal, cancellationToken);
            if (segment.Count > 0)
            {
                last = Seal.After(last, tenant, segment, clock.Now());
                await store.AppendAsync(request.Lease, last, cancellationToken);
                rows += segment.Count;
            }
        } while (segment.Count == SealJournal.RowsPerSeal);

        if (last is not null && checkpoints.CanSign)
        {
            await CheckpointAsync(request.Lease, last, cancellationToken);
        }

        await memberships.NoteAsync(tenant, settled, cancellationToken);
        return JsonSerializer.Serialize(new { rows, seal = last?.Number ?? 0 });
    }

    private async Task CheckpointAsync(JobLease lease, Seal last, CancellationToken cancellationToken)
    {
        var newest = await store.FindLastCheckpointAsync(lease.Tenant, cancellationToken);
        if (newest is null || newest.SealNumber < last.Number)
        {
            var signed = checkpoints.Sign(last, newest, clock.Now());
            await store.AppendAsync(lease, signed, cancellationToken);
        }

        // Also what an earlier attempt committed and did not get so far to write.
        await checkpoints.CopyAsync(
            lease.Tenant,
            after => store.ListCheckpointsAsync(lease.Tenant, after, cancellationToken),
            cancellationToken
        );
    }
}

/// <summary>The journal and its chain, as the worker extends it. What is appended is fenced by the job's lease.</summary>
public interface ISealStore
{
    Task<Seal?> FindLastSealAsync(TenantId tenant, CancellationToken cancellationToken);

    /// <summary>
    /// Waits for the transactions that may yet commit a row before the tenant's last; no row will appear up to the sequence
    /// that it answers. Refuses with 503 when they do not end.
    /// </summary>
    Task<long> SettleAsync(TenantId tenant, CancellationToken cancellationToken);

    Task<IReadOnlyList<JournalRecord>> ReadAsync(
        TenantId tenant,
        long from,
        long to,
        int limit,
        CancellationToken cancellationToken
    );

    Task AppendAsync(JobLease lease, Seal seal, CancellationToken cancellationToken);

    Task<Checkpoint?> FindLastCheckpointAsync(TenantId tenant, CancellationToken cancellationToken);

    Task AppendAsync(JobLease lease, Checkpoint checkpoint, CancellationToken cancellationToken);

    /// <summary>In their order, from the one after that number.</summary>
    Task<IReadOnlyList<Checkpoint>> ListCheckpointsAsync(
        TenantId tenant,
        long after,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Tenants whose journal has rows that are not sealed, or whose members are not noted, and the installation if its own
    /// has: in descending order of their ids, from the one before that.
    /// </summary>
    Task<IReadOnlyList<TenantId>> ListUnsealedAsync(TenantId before, int limit, CancellationToken cancellationToken);
}

/// <summary>The key that signs checkpoints, those that verify them, and the second place that keeps them.</summary>
public interface ICheckpoints
{
    bool CanSign { get; }

    Checkpoint Sign(Seal seal, Checkpoint? last, DateTimeOffset now);

    /// <summary>Brings the second place, if there is one, up to date with the checkpoints listed after the last one there.</summary>
    Task CopyAsync(
        TenantId tenant,
        Func<long, Task<IReadOnlyList<Checkpoint>>> listAfter,
        CancellationToken cancellationToken
    );

    /// <summary>What the receiver of checkpoints is known by: the SHA-256 of its URL; null when there is none.</summary>
    byte[]? Receiver { get; }

    /// <summary>Why the receiver did not take them; null when it did.</summary>
    Task<string?> SendAsync(IReadOnlyList<Checkpoint> checkpoints, CancellationToken cancellationToken);

    /// <summary>The copies in the second place: of the configuration, or of the folder that is named; null without either.</summary>
    Task<IReadOnlyList<Checkpoint>?> ReadCopiesAsync(
        TenantId tenant,
        string? folder,
        CancellationToken cancellationToken
    );

    /// <summary>How to tell a genuine checkpoint, by the key of the configuration and the files named; null without any.</summary>
    Func<Checkpoint, bool>? Verifier(IReadOnlyList<string> keyFiles);
}

/// <summary>
/// Which of the journal's rows name a person as having joined or left a group: found in the changes, so that writers do
/// nothing for it. What is noted follows from rows that never change, so it may be noted twice.
/// </summary>
public interface IMembershipHistory
{
    /// <summary>Up to that row, after which none can appear before it.</summary>
    Task NoteAsync(TenantId tenant, long settled, CancellationToken cancellationToken);
}
