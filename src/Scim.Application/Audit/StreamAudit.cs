using System.Text;
using System.Text.Json;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;

namespace Scim.Application.Audit;

/// <summary>
/// Sends what a tenant's journal has grown by to every stream that covers it. A batch counts as sent when the receiver said
/// so and the position is stored: between the two, a crash means that it is sent again.
/// </summary>
public sealed record StreamAudit(JobLease Lease) : ICommand<string?>
{
    public const string JobType = "audit.stream";
    public const int RowsPerRequest = 500;
}

internal sealed class StreamAuditHandler(
    IAuditStreamStore streams,
    ISealStore journal,
    IAuditSink sink,
    ISecretBox secrets,
    TimeProvider clock
) : IRequestHandler<StreamAudit, string?>
{
    public async Task<string?> Handle(StreamAudit request, CancellationToken cancellationToken)
    {
        var tenant = request.Lease.Tenant;
        var covering = await streams.ListOfAsync(tenant, cancellationToken);
        // No row will appear up to there; so a position in the order of the numbers misses none.
        var settled = await journal.SettleAsync(tenant, cancellationToken);
        var rows = 0;
        var failures = 0;
        foreach (var (stream, sent) in covering)
        {
            var (count, failure) = await SendAsync(request.Lease, stream, sent, settled, cancellationToken);
            rows += count;
            failures += failure is null ? 0 : 1;
        }

        // Its next attempt comes later and later, as any job's.
        return failures == 0
            ? JsonSerializer.Serialize(new { rows })
            : throw ScimError.Unavailable($"{failures} of {covering.Count} receivers did not take the journal.");
    }

    private async Task<(int Rows, string? Failure)> SendAsync(
        JobLease lease,
        AuditStream stream,
        long sent,
        long settled,
        CancellationToken cancellationToken
    )
    {
        var url = new Uri(await secrets.OpenUrlAsync(stream, cancellationToken));
        var authorization = stream.Authorization is { } secret
            ? Encoding.ASCII.GetString(await secrets.OpenAsync(secret, stream.Purpose, cancellationToken))
            : null;
        var total = 0;
        IReadOnlyList<AuditEntry> batch;
        do
        {
            batch = await streams.ReadAsync(lease.Tenant, sent, settled, StreamAudit.RowsPerRequest, cancellationToken);
            if (batch.Count == 0)
            {
                break;
            }

            var lines = Encoding.UTF8.GetBytes(string.Concat(batch.Select(entry => AuditJson.Line(entry) + "\n")));
            var failure = await sink.SendAsync(url, authorization, lines, cancellationToken);
            if (failure is not null)
            {
                await streams.AdvanceAsync(lease, stream, sent, 0, failure, clock.Now(), cancellationToken);
                return (total, failure);
            }

            sent = batch[^1].Sequence;
            total += batch.Count;
            await streams.AdvanceAsync(lease, stream, sent, batch.Count, null, clock.Now(), cancellationToken);
        } while (batch.Count == StreamAudit.RowsPerRequest);

        return (total, null);
    }
}

/// <summary>Opens a job for every tenant whose journal has rows that a stream has not sent. Returns how many were opened.</summary>
public sealed record ScheduleStreaming(TimeSpan Interval) : ICommand<int>;

internal sealed class ScheduleStreamingHandler(IAuditStreamStore streams, IMediator mediator)
    : IRequestHandler<ScheduleStreaming, int>
{
    public async Task<int> Handle(ScheduleStreaming request, CancellationToken cancellationToken)
    {
        var lags = await streams.ListLagsAsync(cancellationToken);
        var behind = lags.Where(lag => lag.OldestUnsent is not null).Select(lag => lag.Tenant).Distinct().ToList();
        return behind.Count == 0
            ? 0
            : await mediator.Send(new OpenJobs(StreamAudit.JobType, request.Interval, behind), cancellationToken);
    }
}
