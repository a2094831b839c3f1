using System.Text.Json;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Jobs;

namespace Scim.Application.Tenants;

/// <summary>
/// Removes all that a deleted tenant has, as a job; the journal's facts, their seals and the tenant's own row stay. Does
/// nothing for one that was restored, or is not due. Answers how much it removed, as JSON.
/// </summary>
public sealed record PurgeTenant(JobLease Lease) : ICommand<string?>
{
    public const string JobType = "tenant.purge";
}

internal sealed class PurgeTenantHandler(ITenantPurge purge) : IRequestHandler<PurgeTenant, string?>
{
    public async Task<string?> Handle(PurgeTenant request, CancellationToken cancellationToken)
    {
        if (!await purge.BeginAsync(request.Lease, cancellationToken))
        {
            return JsonSerializer.Serialize(new { purged = false });
        }

        var rows = 0L;
        for (var kind = 0; kind < purge.Kinds; kind++)
        {
            while (await purge.RemoveAsync(request.Lease, kind, cancellationToken) is > 0 and var removed)
            {
                rows += removed;
            }
        }

        await purge.FinishAsync(request.Lease, cancellationToken);
        return JsonSerializer.Serialize(new { purged = true, rows });
    }
}

/// <summary>The steps of a purge: each is one transaction under the job's fence, and can be repeated.</summary>
public interface ITenantPurge
{
    /// <summary>How many kinds of rows there are to remove, in the order in which they may go.</summary>
    int Kinds { get; }

    /// <summary>Closes the way back; false when the tenant is not, or no longer, to be purged by now.</summary>
    Task<bool> BeginAsync(JobLease lease, CancellationToken cancellationToken);

    /// <summary>Removes a bounded number of rows; returns how many, 0 at the end.</summary>
    Task<int> RemoveAsync(JobLease lease, int kind, CancellationToken cancellationToken);

    /// <summary>Removes clients, tokens and settings, frees the slug and journals it; nothing when that is done.</summary>
    Task FinishAsync(JobLease lease, CancellationToken cancellationToken);
}
