using MediatR;
using Scim.Application.Audit;
using Scim.Application.Tenants;
using Scim.Domain.Errors;

namespace Scim.Infrastructure.Persistence.Journal;

internal sealed class TailJournalHandler(IJournalReader journal, ITenantStore tenants)
    : IRequestHandler<TailJournal, IReadOnlyList<JournalLine>>
{
    public async Task<IReadOnlyList<JournalLine>> Handle(TailJournal request, CancellationToken cancellationToken)
    {
        var tenant =
            await tenants.FindIdAsync(request.TenantSlug, cancellationToken)
            ?? throw ScimError.NotFound("Tenant", request.TenantSlug);
        var rows = journal.TailAsync(tenant, request.From, cancellationToken).Take(request.Limit);
        return await rows.Select(row => ToLine(row)).ToListAsync(cancellationToken);
    }

    private static JournalLine ToLine(JournalFact row) =>
        new(
            row.Sequence,
            row.OccurredAt,
            row.Actor,
            row.RequestId,
            row.Operation,
            row.ResourceType,
            row.ResourceId,
            row.Outcome,
            row.Detail,
            row.Occurrences
        );
}
