using System.Runtime.CompilerServices;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Domain.Audit;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Sealing;

/// <summary>Reads page by page, without a snapshot: what is sealed does not change, and what comes after it is not sealed yet.</summary>
internal sealed class AuditTrail(ITenantSession session, RequestContext request) : IAuditTrail
{
    private const int RowsPerPage = 1000;
    private const int SealsPerPage = 20;
    private const int CheckpointsPerPage = 1000;

    private const string SelectSeals = $"""
        select {SealRow.Columns} from journal_seals where tenant_id = $1 and number > $2 order by number limit $3
        """;

    private const string SelectRows = $"""
        select {RecordRow.Columns}, (select salt from journal_changes c where c.tenant_id = j.tenant_id and c.sequence = j.sequence),
               (select change from journal_changes c where c.tenant_id = j.tenant_id and c.sequence = j.sequence)
          from journal j
         where tenant_id = $1 and sequence > $2 and sequence <= $3 order by sequence limit $4
        """;

    private const string SelectCheckpoints = $"""
        select {CheckpointRow.Columns} from journal_checkpoints where tenant_id = $1 and number > $2 order by number limit $3
        """;

    public async IAsyncEnumerable<TrailEntry> ReadAsync(
        TenantId tenant,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        request.ActAs(request.Actor, tenant);
        var last = 0L;
        await foreach (
            var seal in PagesAsync(SelectSeals, SealsPerPage, SealRow.Read, seal => seal.Number, cancellationToken)
        )
        {
            await foreach (var row in RowsAsync(last, seal.LastSequence, cancellationToken))
            {
                yield return row;
            }

            yield return new TrailSeal(seal);
            last = Math.Max(last, seal.LastSequence);
        }

        await foreach (var row in RowsAsync(last, long.MaxValue, cancellationToken))
        {
            yield return row;
        }

        await foreach (
            var checkpoint in PagesAsync(
                SelectCheckpoints,
                CheckpointsPerPage,
                CheckpointRow.Read,
                checkpoint => checkpoint.Number,
                cancellationToken
            )
        )
        {
            yield return new TrailCheckpoint(checkpoint);
        }
    }

    private async IAsyncEnumerable<TrailRow> RowsAsync(
        long after,
        long to,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        List<TrailRow> page;
        do
        {
            page = await PageAsync(
                new Statement(
                    SelectRows,
                    Arg.Uuid(session.Tenant.Value),
                    Arg.Int(after),
                    Arg.Int(to),
                    Arg.Int(RowsPerPage)
                ),
                rows => new TrailRow(RecordRow.Read(rows), rows.BytesOrNull(14), rows.TextOrNull(15)),
                cancellationToken
            );
            foreach (var row in page)
            {
                yield return row;
                after = row.Row.Sequence;
            }
        } while (page.Count == RowsPerPage);
    }

    private async IAsyncEnumerable<T> PagesAsync<T>(
        string sql,
        int limit,
        Func<Rows, T> read,
        Func<T, long> number,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var after = 0L;
        List<T> page;
        do
        {
            page = await PageAsync(
                new Statement(sql, Arg.Uuid(session.Tenant.Value), Arg.Int(after), Arg.Int(limit)),
                read,
                cancellationToken
            );
            foreach (var item in page)
            {
                yield return item;
                after = number(item);
            }
        } while (page.Count == limit);
    }

    private Task<List<T>> PageAsync<T>(Statement statement, Func<Rows, T> read, CancellationToken cancellationToken) =>
        session.QueryAsync(
            [statement],
            async rows =>
            {
                var page = new List<T>();
                while (await rows.ReadAsync())
                {
                    page.Add(read(rows));
                }

                return page;
            },
            cancellationToken
        );
}
