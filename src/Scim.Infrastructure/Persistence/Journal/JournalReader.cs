using System.Runtime.CompilerServices;
using Dapper;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Journal;

internal sealed record JournalFact(
    long Sequence,
    DateTimeOffset OccurredAt,
    string Actor,
    string RequestId,
    string Operation,
    string? ResourceType,
    string? ResourceId,
    string Outcome,
    string? Detail,
    int Occurrences
);

/// <summary>The journal across tenants, for operators.</summary>
internal interface IJournalReader
{
    /// <summary>
    /// A tenant's rows from that sequence on, in order, until none is left. It does not wait for open transactions, so
    /// it is no basis for a reader that keeps a position.
    /// </summary>
    IAsyncEnumerable<JournalFact> TailAsync(TenantId tenant, long fromSequence, CancellationToken cancellationToken);
}

internal sealed class JournalReader(IDatabase database) : IJournalReader
{
    private const int PageSize = 500;

    private const string Page = """
        select sequence, occurred_at, actor, request_id, operation, resource_type, resource_id, outcome, detail, occurrences
          from journal
         where tenant_id = @tenant and sequence >= @from
         order by sequence
         limit @limit
        """;

    public async IAsyncEnumerable<JournalFact> TailAsync(
        TenantId tenant,
        long fromSequence,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var from = fromSequence;
        while (true)
        {
            var command = new CommandDefinition(
                Page,
                new
                {
                    tenant,
                    from,
                    limit = PageSize,
                },
                cancellationToken: cancellationToken
            );
            var rows = await database.ReadAsync(
                async connection => (await connection.QueryAsync<JournalFact>(command)).AsList(),
                cancellationToken
            );
            foreach (var row in rows)
            {
                yield return row;
            }

            if (rows.Count < PageSize)
            {
                yield break;
            }

            from = rows[^1].Sequence + 1;
        }
    }
}
