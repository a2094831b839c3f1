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
) : IRequestHandler<ShowTimeline, Timeline>
{
    // Of the newest rows, whose members are not noted yet, so many are looked through; mostly there are those of minutes.
    private const int Window = 10_000;

    private const string Newest = "order by i.occurred_at desc, i.sequence desc limit";

    private const string SelectOwn = $"""
        select {RecordRow.Columns} from journal i
         where i.tenant_id = $1 and i.resource_id = $2 and (i.occurred_at, i.sequence) < ($3, $4) {Newest} $5
        """;

    private const string SelectMemberships = $"""
        select {RecordRow.Columns} from journal j
         where j.tenant_id = $1 and j.sequence in (
               select i.sequence from journal_members i
                where i.tenant_id = $1 and i.member_id = $2 and (i.occurred_at, i.sequence) < ($3, $4) {Newest} $5)
        """;

    private const string NotNoted = """
        select i.* from journal i
         where i.tenant_id = $1 and i.sequence > coalesce((
               select p.sequence from journal_member_positions p where p.tenant_id = $1), 0)
         order by i.sequence desc
        """;

    private const string SelectIsComplete =
        $"select count(*) <= $2 from ({NotNoted} limit $2 + 1) i where i.tenant_id = $1";

    private readonly string _selectNotNoted = $"""
        select {RecordRow.Columns} from (
               select i.* from ({NotNoted} limit $6) i
                 join journal_changes c on c.tenant_id = i.tenant_id and c.sequence = i.sequence
                where i.tenant_id = $1 and i.resource_type = 'Group' and (i.occurred_at, i.sequence) < ($3, $4)
                  and {session.Dialect.Contains("c.change", "$2")} {Newest} $5) found
        """;

    public async Task<Timeline> Handle(ShowTimeline query, CancellationToken cancellationToken)
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
        ];
        // On one snapshot: a row is noted or is not.
        var (rows, isComplete) = await session.SnapshotAsync(
            [
                new Statement(SelectOwn, args[..5]),
                new Statement(SelectMemberships, [args[0], Arg.Uuid(query.User), .. args[2..5]]),
                new Statement(_selectNotNoted, args),
                new Statement(SelectIsComplete, args[0], args[5]),
            ],
            ReadAsync,
            cancellationToken
        );
        var found = rows.OrderByDescending(row => (row.OccurredAt, row.Sequence)).ToList();
        var shown = found.Take(query.Limit).ToList();
        return new Timeline(
            await reader.ShowAsync(shown, cancellationToken),
            found.Count > query.Limit ? new AuditPosition(shown[^1].OccurredAt, shown[^1].Sequence) : null,
            isComplete
        );
    }

    private static async ValueTask<(List<JournalRecord> Rows, bool IsComplete)> ReadAsync(Rows rows)
    {
        var found = new List<JournalRecord>();
        for (var statement = 0; statement < 3; statement++)
        {
            while (await rows.ReadAsync())
            {
                found.Add(RecordRow.Read(rows));
            }

            await rows.NextAsync();
        }

        await rows.ReadAsync();
        return (found, rows.Bool(0));
    }
}
