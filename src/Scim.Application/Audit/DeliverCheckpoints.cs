using System.Text.Json;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;

namespace Scim.Application.Audit;

/// <summary>
/// Sends all tenants' checkpoints to the receiver, each tenant's in their order. They count as delivered when the receiver
/// said so and that is stored: between the two, a crash means that they are sent again. One job does it for all, beside those
/// that seal, so that a receiver that does not answer holds up none of them.
/// </summary>
public sealed record DeliverCheckpoints(JobLease Lease) : ICommand<string?>
{
    public const string JobType = "audit.checkpoints";

    /// <summary>Tenants in a row whose checkpoints were not taken; then it is not for a tenant's sake.</summary>
    public const int FailureLimit = 3;
}

internal sealed class DeliverCheckpointsHandler(
    ICheckpointDeliveries deliveries,
    ISealStore seals,
    ICheckpoints checkpoints,
    TimeProvider clock
) : IRequestHandler<DeliverCheckpoints, string?>
{
    public async Task<string?> Handle(DeliverCheckpoints request, CancellationToken cancellationToken)
    {
        var delivered = 0;
        var inARow = 0;
        string? failure = null;
        foreach (var lag in await deliveries.ListLagsAsync(cancellationToken))
        {
            var (count, problem) = await DeliverAsync(request.Lease, lag, cancellationToken);
            delivered += count;
            failure = problem ?? failure;
            inARow = problem is null ? 0 : inARow + 1;
            if (inARow == DeliverCheckpoints.FailureLimit)
            {
                break;
            }
        }

        // Its next attempt comes later and later, as any job's.
        return failure is null ? JsonSerializer.Serialize(new { delivered }) : throw ScimError.Unavailable(failure);
    }

    private async Task<(int Count, string? Failure)> DeliverAsync(
        JobLease lease,
        CheckpointLag lag,
        CancellationToken cancellationToken
    )
    {
        var count = 0;
        var last = lag.Delivered;
        while (await seals.ListCheckpointsAsync(lag.Tenant, last, cancellationToken) is { Count: > 0 } missing)
        {
            if (await checkpoints.SendAsync(missing, cancellationToken) is { } failure)
            {
                return (count, failure);
            }

            last = missing[^1].Number;
            count += missing.Count;
            await deliveries.AdvanceAsync(lease, lag.Tenant, last, missing.Count, clock.Now(), cancellationToken);
        }

        return (count, null);
    }
}

/// <summary>Opens a job when there is a checkpoint that the receiver has not taken. Returns how many were opened.</summary>
public sealed record ScheduleDelivery(TimeSpan Interval) : ICommand<int>;

internal sealed class ScheduleDeliveryHandler(ICheckpointDeliveries deliveries, IMediator mediator)
    : IRequestHandler<ScheduleDelivery, int>
{
    public async Task<int> Handle(ScheduleDelivery request, CancellationToken cancellationToken) =>
        (await deliveries.ListLagsAsync(cancellationToken)).Count == 0
            ? 0
            : await mediator.Send(
                new OpenJobs(DeliverCheckpoints.JobType, request.Interval, [TenantId.Installation]),
                cancellationToken
            );
}

/// <param name="Delivered">The number of the last checkpoint that the receiver took; 0 for none.</param>
/// <param name="Oldest">When the next one was made.</param>
public sealed record CheckpointLag(TenantId Tenant, long Delivered, DateTimeOffset Oldest);

public interface ICheckpointDeliveries
{
    /// <summary>The tenants of which the receiver lacks a checkpoint, the oldest first; none without a receiver.</summary>
    Task<IReadOnlyList<CheckpointLag>> ListLagsAsync(CancellationToken cancellationToken);

    /// <summary>The number of the tenant's last checkpoint that the receiver took; null without a receiver.</summary>
    Task<long?> FindAsync(TenantId tenant, CancellationToken cancellationToken);

    /// <summary>Fenced by the job's lease.</summary>
    Task AdvanceAsync(
        JobLease lease,
        TenantId tenant,
        long number,
        int count,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );
}
