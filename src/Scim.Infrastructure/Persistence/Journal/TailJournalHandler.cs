using Dapper;
using MediatR;
using Scim.Application.Audit;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Audit = Scim.Application.Audit;

namespace Scim.Infrastructure.Persistence.Journal;

internal sealed class TailJournalHandler(IDatabase database, ITenantStore tenants)
    : IRequestHandler<TailJournal, IReadOnlyList<Audit.JournalRow>>
{
    private const string Select = """
        select sequence as Sequence, occurred_at as OccurredAt, actor as Actor, request_id as RequestId,
               operation as Operation, resource_type as ResourceType, resource_id as ResourceId, outcome as Outcome,
               detail as Detail, occurrences as Occurrences
          from journal
         where tenant_id = @tenantId and sequence >= @from
         order by sequence limit @limit
        """;

    static TailJournalHandler() => DapperTypes.Register();

    public async Task<IReadOnlyList<Audit.JournalRow>> Handle(TailJournal request, CancellationToken cancellationToken)
    {
        var tenant =
            await tenants.FindAsync(request.TenantSlug, cancellationToken)
            ?? throw ScimError.NotFound("Tenant", request.TenantSlug);
        var rows = await database.ReadAsync(
            connection =>
                connection.QueryAsync<Row>(
                    new CommandDefinition(
                        Select,
                        new
                        {
                            tenantId = tenant.Id.Value,
                            from = request.From,
                            limit = request.Limit,
                        },
                        cancellationToken: cancellationToken
                    )
                ),
            cancellationToken
        );
        return [.. rows.Select(row => row.ToJournalRow())];
    }

    private sealed class Row
    {
        public long Sequence { get; init; }

        public DateTimeOffset OccurredAt { get; init; }

        public string Actor { get; init; } = "";

        public string? RequestId { get; init; }

        public string Operation { get; init; } = "";

        public string? ResourceType { get; init; }

        public string? ResourceId { get; init; }

        public string Outcome { get; init; } = "";

        public string? Detail { get; init; }

        public int Occurrences { get; init; }

        public Audit.JournalRow ToJournalRow() =>
            new(
                Sequence,
                OccurredAt,
                Actor,
                RequestId ?? "",
                Operation,
                ResourceType,
                ResourceId,
                Outcome,
                Detail,
                Occurrences
            );
    }
}
