using MediatR;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Domain.Audit;
using Scim.Domain.Errors;
using Scim.Infrastructure.Persistence.Sealing;

namespace Scim.Infrastructure.Persistence.Journal;

internal sealed class ShowTimelineHandler(
    ITenantSession session,
    IUserErasure users,
    AuditReader reader,
    RequestContext request
) : IRequestHandler<ShowTimeline, AuditPage>
{
    // Which members a group's row named stands in its change, which no index serves: so many rows of groups are looked
    // through for one page.
    private const int Window = 10_000;

    private const string Newest = "order by i.occurred_at desc, i.sequence desc limit";

    private const string SelectOwn = $"""
        select {RecordRow.Columns} from journal i
         where i.tenant_id = $1 and i.resource_id = $2 and (i.occurred_at, i.sequence) < ($3, $4) {Newest} $5
        """;

    private const string GroupRows = $"""
        select i.* from journal i
         where i.tenant_id = $1 and i.resource_type = 'Group' and (i.occurred_at, i.sequence) < ($3, $4) {Newest} $6
        """;

    private const string SelectLastLookedAt = $"""
        select i.occurred_at, i.sequence from ({GroupRows}) i where i.tenant_id = $1 {Newest} 1 offset $7
        """;

    private readonly string _selectMemberships = $"""
        select {RecordRow.Columns} from (
               select i.* from ({GroupRows}) i
                 join journal_changes c on c.tenant_id = i.tenant_id and c.sequence = i.sequence
                where i.tenant_id = $1 and {session.Dialect.Contains("c.change", "$2")} {Newest} $5) found
         order by occurred_at desc, sequence desc
        """;

    public async Task<AuditPage> Handle(ShowTimeline query, CancellationToken cancellationToken)
    {
        AuditReach.Require(request, query.Tenant);
        if (await users.FindAsync(query.Tenant, query.User, cancellationToken) == UserTrace.None)
        {
            throw ScimError.NotFound("User", query.User.ToString("D"));
        }

        var before = query.Before ?? AuditPosition.End;
        Arg[] args =
        [
            Arg.Uuid(query.Tenant.Value),
            Arg.Text(query.User.ToString("D")),
            Arg.Time(before.Time),
            Arg.Int(before.Sequence),
            Arg.Int(query.Limit + 1),
            Arg.Int(Window),
            Arg.Int(Window - 1),
        ];
        var (rows, lookedAt) = await session.QueryAsync(
            [
                new Statement(SelectOwn, args[..5]),
                new Statement(_selectMemberships, args[..6]),
                new Statement(SelectLastLookedAt, args),
            ],
            ReadAsync,
            cancellationToken
        );
        // What is older than the last row of a group that was looked at belongs to a later page.
        var known = rows.Where(row =>
                lookedAt is not { } last || (row.OccurredAt, row.Sequence).CompareTo((last.Time, last.Sequence)) >= 0
            )
            .OrderByDescending(row => (row.OccurredAt, row.Sequence))
            .ToList();
        var shown = known.Take(query.Limit).ToList();
        return new AuditPage(
            await reader.ShowAsync(shown, cancellationToken),
            known.Count > query.Limit ? new AuditPosition(shown[^1].OccurredAt, shown[^1].Sequence) : lookedAt
        );
    }

    private static async ValueTask<(List<JournalRecord> Rows, AuditPosition? LookedAt)> ReadAsync(Rows rows)
    {
        var found = new List<JournalRecord>();
        for (var statement = 0; statement < 2; statement++)
        {
            while (await rows.ReadAsync())
            {
                found.Add(RecordRow.Read(rows));
            }

            await rows.NextAsync();
        }

        return (found, await rows.ReadAsync() ? new AuditPosition(rows.Time(0), rows.Int(1)) : null);
    }
}
