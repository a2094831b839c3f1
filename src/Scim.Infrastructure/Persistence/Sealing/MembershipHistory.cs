using System.Text.Json;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Sealing;

/// <summary>Reads changes as the tenant, since no other role may; a batch and the place after it are one transaction.</summary>
internal sealed class MembershipHistory(ITenantSession session, RequestContext request) : IMembershipHistory
{
    private const int RowsPerBatch = 1000;

    // One change may name a million; then the next one waits for the next batch.
    private const int MembersPerBatch = 100_000;

    private const string SelectPosition = """
        select sequence from journal_member_positions where tenant_id = $1
        """;

    private const string SelectChanges = """
        select i.sequence, i.occurred_at, c.change
          from (select sequence, occurred_at, resource_type from journal
                 where tenant_id = $1 and sequence > $2 and sequence <= $3 order by sequence limit $4) i
          left join journal_changes c on c.tenant_id = $1 and c.sequence = i.sequence and i.resource_type = 'Group'
         order by i.sequence
        """;

    // First of all: whoever holds this row notes, and a purge moves it to the end, so that nothing is noted after it.
    private const string Advance = """
        insert into journal_member_positions (tenant_id, sequence) values ($1, $2)
        on conflict (tenant_id) do update set sequence = excluded.sequence
         where excluded.sequence > journal_member_positions.sequence
        """;

    private readonly string _insert = $"""
        insert into journal_members (tenant_id, member_id, occurred_at, sequence)
        select $1, t.id, $3, $4 from {session.Dialect.UuidSet(2)} where 1 = 1
        on conflict do nothing
        """;

    public async Task NoteAsync(TenantId tenant, long settled, CancellationToken cancellationToken)
    {
        request.ActAs(request.Actor, tenant);
        var last = await session.QueryAsync(
            [new Statement(SelectPosition, Arg.Uuid(tenant.Value))],
            async rows => await rows.ReadAsync() ? rows.Int(0) : 0,
            cancellationToken
        );
        while (last < settled)
        {
            var (named, end) = await ReadAsync(tenant, last, settled, cancellationToken);
            await session.TransactionAsync(
                async () =>
                {
                    var advanced = await session.ExecuteAsync(
                        new Statement(Advance, Arg.Uuid(tenant.Value), Arg.Int(end)),
                        cancellationToken
                    );
                    foreach (var row in advanced == 0 ? [] : named)
                    {
                        await session.ExecuteAsync(
                            new Statement(
                                _insert,
                                Arg.Uuid(tenant.Value),
                                Arg.Uuids(row.Members),
                                Arg.Time(row.Time),
                                Arg.Int(row.Sequence)
                            ),
                            cancellationToken
                        );
                    }

                    return advanced;
                },
                cancellationToken
            );
            last = end;
        }
    }

    private Task<(List<Named> Rows, long End)> ReadAsync(
        TenantId tenant,
        long after,
        long settled,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync(
            [
                new Statement(
                    SelectChanges,
                    Arg.Uuid(tenant.Value),
                    Arg.Int(after),
                    Arg.Int(settled),
                    Arg.Int(RowsPerBatch)
                ),
            ],
            async rows =>
            {
                var named = new List<Named>();
                var (read, members, end) = (0, 0, after);
                while (members < MembersPerBatch)
                {
                    if (!await rows.ReadAsync())
                    {
                        return (named, read < RowsPerBatch ? settled : end);
                    }

                    (read, end) = (read + 1, rows.Int(0));
                    if (rows.TextOrNull(2) is { } change && MembersOf(change) is { Length: > 0 } ids)
                    {
                        named.Add(new Named(end, rows.Time(1), ids));
                        members += ids.Length;
                    }
                }

                return (named, end);
            },
            cancellationToken
        );

    private static Guid[] MembersOf(string change)
    {
        using var json = JsonDocument.Parse(change);
        return json.RootElement.TryGetProperty("members", out var members)
            ?
            [
                .. members
                    .EnumerateObject()
                    .SelectMany(moved => moved.Value.EnumerateArray())
                    .Select(id => id.GetGuid())
                    .Distinct(),
            ]
            : [];
    }

    private sealed record Named(long Sequence, DateTimeOffset Time, Guid[] Members);
}
