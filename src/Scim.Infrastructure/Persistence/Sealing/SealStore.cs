using Dapper;
using Scim.Application.Audit;
using Scim.Domain.Audit;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Jobs;

namespace Scim.Infrastructure.Persistence.Sealing;

internal sealed class SealStore(IDatabase database, TimeProvider clock) : ISealStore
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private const string SelectLastSeal = $"""
        select {SealRow.Columns} from journal_seals where tenant_id = @tenant order by number desc limit 1
        """;

    private const string InsertSeal = $"""
        insert into journal_seals ({SealRow.Columns})
        values (@Tenant, @Number, @Previous, @FirstSequence, @LastSequence, @Root, @Leaves, @SealedAt)
        """;

    private const string SelectCheckpoints = $"""
        select {CheckpointRow.Columns} from journal_checkpoints
         where tenant_id = @tenant and number > @after order by number limit 1000
        """;

    private const string SelectLastCheckpoint = $"""
        select {CheckpointRow.Columns} from journal_checkpoints where tenant_id = @tenant order by number desc limit 1
        """;

    private const string InsertCheckpoint = $"""
        insert into journal_checkpoints ({CheckpointRow.Columns})
        values (@Tenant, @Number, @Previous, @SealNumber, @SealHash, @LastSequence, @MadeAt, @KeyId, @Signature)
        """;

    private const string SelectLastSequence = """
        select coalesce(max(sequence), 0) from journal where tenant_id = @tenant
        """;

    private const string SelectRows = $"""
        select {RecordRow.Columns} from journal
         where tenant_id = @tenant and sequence between @from and @to order by sequence limit @limit
        """;

    private const string SelectUnsealed = """
        select t.id from (select id from tenants union all select @Installation) t
         where t.id < @before and exists (
               select 1 from journal j
                where j.tenant_id = t.id and j.sequence > coalesce((
                      select s.last_sequence from journal_seals s
                       where s.tenant_id = t.id order by s.number desc limit 1), 0)
               union all
               select 1 from journal j
                where j.tenant_id = t.id and j.sequence > coalesce((
                      select p.sequence from journal_member_positions p where p.tenant_id = t.id), 0))
         order by t.id desc limit @limit
        """;

    static SealStore() => DapperTypes.Register();

    public async Task<Seal?> FindLastSealAsync(TenantId tenant, CancellationToken cancellationToken) =>
        (await QueryAsync<SealRow>(SelectLastSeal, new { tenant }, cancellationToken)).SingleOrDefault()?.ToSeal();

    // Whoever was given a sequence number up to the one read first holds the table's lock until it has committed or not;
    // so when those who hold it now are gone, no such row can appear. A snapshot's xmin would not do: a number can be
    // handed out before its transaction has an id.
    public async Task<long> SettleAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var last = (await QueryAsync<long>(SelectLastSequence, new { tenant }, cancellationToken)).Single();
        var writers = await WritersAsync(cancellationToken);
        var started = clock.GetTimestamp();
        while (writers.Count > 0)
        {
            if (clock.GetElapsedTime(started) > Patience)
            {
                throw ScimError.Unavailable("A transaction that writes the journal stays open; it is sealed later.");
            }

            await Task.Delay(Pause, clock, cancellationToken);
            writers.IntersectWith(await WritersAsync(cancellationToken));
        }

        return last;
    }

    public async Task<IReadOnlyList<JournalRecord>> ReadAsync(
        TenantId tenant,
        long from,
        long to,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var parameters = new
        {
            tenant,
            from,
            to,
            limit,
        };
        var rows = await QueryAsync<RecordRow>(SelectRows, parameters, cancellationToken);
        return rows.ConvertAll(row => row.ToRecord());
    }

    public Task AppendAsync(JobLease lease, Seal seal, CancellationToken cancellationToken) =>
        AppendAsync(lease, InsertSeal, seal, seal.Count, cancellationToken);

    public async Task<Checkpoint?> FindLastCheckpointAsync(TenantId tenant, CancellationToken cancellationToken) =>
        (await QueryAsync<CheckpointRow>(SelectLastCheckpoint, new { tenant }, cancellationToken))
            .SingleOrDefault()
            ?.ToCheckpoint();

    public Task AppendAsync(JobLease lease, Checkpoint checkpoint, CancellationToken cancellationToken) =>
        AppendAsync(lease, InsertCheckpoint, checkpoint, 0, cancellationToken);

    public async Task<IReadOnlyList<Checkpoint>> ListCheckpointsAsync(
        TenantId tenant,
        long after,
        CancellationToken cancellationToken
    )
    {
        var rows = await QueryAsync<CheckpointRow>(SelectCheckpoints, new { tenant, after }, cancellationToken);
        return rows.ConvertAll(row => row.ToCheckpoint());
    }

    public async Task<IReadOnlyList<TenantId>> ListUnsealedAsync(
        TenantId before,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var parameters = new
        {
            before,
            limit,
            TenantId.Installation,
        };
        var ids = await QueryAsync<Guid>(SelectUnsealed, parameters, cancellationToken);
        return ids.ConvertAll(id => new TenantId(id));
    }

    private async Task<HashSet<string>> WritersAsync(CancellationToken cancellationToken) =>
        [.. await QueryAsync<string>(database.Dialect.JournalWriters, new { }, cancellationToken)];

    private Task<List<T>> QueryAsync<T>(string sql, object parameters, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async connection =>
                (
                    await connection.QueryAsync<T>(
                        new CommandDefinition(sql, parameters, cancellationToken: cancellationToken)
                    )
                ).AsList(),
            cancellationToken
        );

    private Task<int> AppendAsync(
        JobLease lease,
        string sql,
        object row,
        int items,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                await transaction.FenceAsync(lease, items, cancellationToken);
                return await connection.ExecuteAsync(
                    new CommandDefinition(sql, row, transaction, cancellationToken: cancellationToken)
                );
            },
            cancellationToken
        );
}
