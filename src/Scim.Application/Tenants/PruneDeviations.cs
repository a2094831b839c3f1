using MediatR;
using Scim.Application.Common;

namespace Scim.Application.Tenants;

/// <summary>Forgets deviations that a client has not shown for half a year. Returns how many were forgotten.</summary>
public sealed record PruneDeviations : ICommand<int>;

internal sealed class PruneDeviationsHandler(IDeviationStore deviations, TimeProvider clock)
    : IRequestHandler<PruneDeviations, int>
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(180);

    public Task<int> Handle(PruneDeviations request, CancellationToken cancellationToken) =>
        deviations.PruneAsync(clock.GetUtcNow() - Kept, cancellationToken);
}

/// <summary>Which deviations from the RFCs each client was seen to show.</summary>
public interface IDeviationStore
{
    /// <summary>Deletes what was last seen before; returns how many.</summary>
    Task<int> PruneAsync(DateTimeOffset lastSeenBefore, CancellationToken cancellationToken);
}
