using System.Data.Common;
using System.Text.Json;
using Dapper;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Jobs;
using Scim.Infrastructure.Persistence.Journal;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Persistence.Sealing;

internal sealed class AuditStreamStore(IDatabase database, ControlJournal journal, AuditReader reader)
    : IAuditStreamStore
{
    private const string Columns = """
        s.id, s.tenant_id, s.all_tenants, s.name, s.url, s.address, s.authorization_header, s.state, s.first_sequence, s.version, s.created_at,
        (select max(p.sent_at) from audit_stream_positions p where p.stream_id = s.id) as last_sent_at,
        (select p.failure from audit_stream_positions p where p.stream_id = s.id and p.failure is not null
          order by p.failed_at desc limit 1) as failure
        """;

    private const string SelectOne = $"""
        select {Columns} from audit_streams s where s.id = @id and s.tenant_id is not null
        """;

    private const string SelectAll = $"""
        select {Columns} from audit_streams s where s.id > @after and s.tenant_id is not null order by s.id limit @limit
        """;

    private const string SelectReached = $"""
        select {Columns} from audit_streams s
         where s.tenant_id = @tenant and s.id > @after and not s.all_tenants order by s.id limit @limit
        """;

    private const string SelectOfTenant = $"""
        select {Columns}, coalesce(
               (select p.sequence from audit_stream_positions p where p.tenant_id = @tenant and p.stream_id = s.id),
               s.first_sequence) as sent
          from audit_streams s
         where s.state = 'active' and (s.all_tenants or s.tenant_id = @tenant) order by s.id
        """;

    private const string Insert = """
        insert into audit_streams (tenant_id, id, all_tenants, name, url, address, authorization_header, state, first_sequence, version, created_at)
        select @TenantId, @Id, @AllTenants, @Name, @Url, @Address, @AuthorizationHeader, @State,
               coalesce((select sequence from journal where sequence > 0 order by occurred_at desc, sequence desc limit 1), 0), @Version, @CreatedAt
         where exists (select 1 from tenants where id = @TenantId) or @TenantId = @Installation
        returning first_sequence
        """;

    private const string Update = """
        update audit_streams
           set name = @Name, url = @Url, address = @Address, authorization_header = @AuthorizationHeader, state = @State, version = @Version
         where tenant_id = @TenantId and id = @Id and version = @Version - 1
        """;

    private const string Delete = "delete from audit_streams where tenant_id = @TenantId and id = @Id";

    private const string DeletePositions = """
        delete from audit_stream_positions where stream_id = @Id and tenant_id is not null
        """;

    // A stream that was deleted meanwhile gets no position.
    private const string Advance = """
        insert into audit_stream_positions (tenant_id, stream_id, sequence, sent_at, failed_at, failure)
        select @tenant, s.id, @sent, @sentAt, @failedAt, @failure
          from audit_streams s where s.id = @stream and s.tenant_id is not null
        on conflict (tenant_id, stream_id) do update
           set sequence = excluded.sequence, sent_at = coalesce(excluded.sent_at, audit_stream_positions.sent_at),
               failed_at = excluded.failed_at, failure = excluded.failure
        """;

    private const string SelectLags = """
        select s.id as StreamId, s.name as Name, t.id as TenantId, p.failure as Failure,
               (select j.occurred_at from journal j
                 where j.tenant_id = t.id and j.sequence > coalesce(p.sequence, s.first_sequence)
                 order by j.sequence limit 1) as OldestUnsent
          from audit_streams s
          join (select id from tenants union all select @Installation) t on s.all_tenants or s.tenant_id = t.id
          left join audit_stream_positions p on p.tenant_id = t.id and p.stream_id = s.id
         where s.state = 'active'
        """;

    private const string SelectRows = $"""
        select {RecordRow.Columns} from journal
         where tenant_id = @tenant and sequence > @after and sequence <= @to order by sequence limit @limit
        """;

    static AuditStreamStore() => DapperTypes.Register();

    public async Task<IReadOnlyList<AuditStream>> ListAsync(
        IReadOnlyList<Guid>? reach,
        Guid after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        if (reach is null)
        {
            var rows = await QueryAsync<Row>(SelectAll, new { after, limit }, cancellationToken);
            return rows.ConvertAll(row => row.ToStream());
        }

        var streams = new List<AuditStream>();
        foreach (var tenant in reach)
        {
            var parameters = new
            {
                tenant,
                after,
                limit,
            };
            var rows = await QueryAsync<Row>(SelectReached, parameters, cancellationToken);
            streams.AddRange(rows.Select(row => row.ToStream()));
        }

        return [.. streams.OrderBy(stream => stream.Id).Take(limit)];
    }

    public async Task<AuditStream?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        (await QueryAsync<Row>(SelectOne, new { id }, cancellationToken)).SingleOrDefault()?.ToStream();

    public Task<AuditStream> AddAsync(AuditStream stream, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var first =
                    await connection.QuerySingleOrDefaultAsync<long?>(Insert, Parameters(stream), transaction)
                    ?? throw ScimError.Invalid(
                        new Dictionary<string, string[]> { ["tenantId"] = ["must name a tenant that exists"] }
                    );
                await AppendAsync(transaction, stream, stream.CreatedAt, "audit_stream.create");
                return stream with { FirstSequence = first };
            },
            cancellationToken
        );

    public Task<bool> UpdateAsync(
        AuditStream before,
        AuditStream after,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteAsync(Update, Parameters(after), transaction) == 0)
                {
                    return false;
                }

                await AppendAsync(transaction, after, now, "audit_stream.update");
                return true;
            },
            cancellationToken
        );

    public Task DeleteAsync(AuditStream stream, DateTimeOffset now, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteAsync(Delete, Parameters(stream), transaction) == 0)
                {
                    return false;
                }

                await connection.ExecuteAsync(DeletePositions, Parameters(stream), transaction);
                await AppendAsync(transaction, stream, now, "audit_stream.delete");
                return true;
            },
            cancellationToken
        );

    public async Task<IReadOnlyList<StreamLag>> ListLagsAsync(CancellationToken cancellationToken)
    {
        var rows = await QueryAsync<LagRow>(SelectLags, new { TenantId.Installation }, cancellationToken);
        return rows.ConvertAll(row => new StreamLag(
            row.StreamId,
            row.Name,
            new TenantId(row.TenantId),
            row.OldestUnsent,
            row.Failure
        ));
    }

    public async Task<IReadOnlyList<(AuditStream Stream, long Sent)>> ListOfAsync(
        TenantId tenant,
        CancellationToken cancellationToken
    )
    {
        var rows = await QueryAsync<Row>(SelectOfTenant, new { tenant }, cancellationToken);
        return rows.ConvertAll(row => (row.ToStream(), row.Sent));
    }

    public async Task<IReadOnlyList<AuditEntry>> ReadAsync(
        TenantId tenant,
        long after,
        long to,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var parameters = new
        {
            tenant,
            after,
            to,
            limit,
        };
        var rows = await QueryAsync<RecordRow>(SelectRows, parameters, cancellationToken);
        return await reader.ShowAsync(rows.ConvertAll(row => row.ToRecord()), cancellationToken);
    }

    public Task AdvanceAsync(
        JobLease lease,
        AuditStream stream,
        long sent,
        int rows,
        string? failure,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                await transaction.FenceAsync(lease, rows, cancellationToken);
                return await connection.ExecuteAsync(
                    Advance,
                    new
                    {
                        tenant = lease.Tenant,
                        stream = stream.Id,
                        sent,
                        sentAt = failure is null ? now : (DateTimeOffset?)null,
                        failedAt = failure is null ? null : (DateTimeOffset?)now,
                        failure,
                    },
                    transaction
                );
            },
            cancellationToken
        );

    private static object Parameters(AuditStream stream) =>
        new
        {
            TenantId = stream.Tenant ?? Domain.Tenants.TenantId.Installation,
            stream.Id,
            AllTenants = stream.Tenant is null,
            stream.Name,
            stream.Url,
            stream.Address,
            AuthorizationHeader = stream.Authorization,
            State = stream.IsActive ? AuditStreamValues.Active : AuditStreamValues.Paused,
            stream.Version,
            stream.CreatedAt,
            Domain.Tenants.TenantId.Installation,
        };

    // The path of a URL is where such systems put their keys; the host is enough to know it by.
    private Task AppendAsync(DbTransaction transaction, AuditStream stream, DateTimeOffset now, string operation) =>
        journal.AppendAsync(
            transaction,
            stream.Tenant ?? TenantId.Installation,
            now,
            operation,
            "AuditStream",
            stream.Id.ToString("D"),
            JsonSerializer.Serialize(
                new
                {
                    stream.Name,
                    host = new Uri(stream.Url).Authority,
                    stream.IsActive,
                    hasAuthorization = stream.Authorization is not null,
                },
                JsonSerializerOptions.Web
            )
        );

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

    private sealed class LagRow
    {
        public Guid StreamId { get; init; }

        public string Name { get; init; } = "";

        public Guid TenantId { get; init; }

        public DateTimeOffset? OldestUnsent { get; init; }

        public string? Failure { get; init; }
    }

    private sealed class Row
    {
        public Guid Id { get; init; }

        public Guid TenantId { get; init; }

        public bool AllTenants { get; init; }

        public string Name { get; init; } = "";

        public string Url { get; init; } = "";

        public byte[]? Address { get; init; }

        public byte[]? AuthorizationHeader { get; init; }

        public string State { get; init; } = "";

        public long FirstSequence { get; init; }

        public long Version { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset? LastSentAt { get; init; }

        public string? Failure { get; init; }

        public long Sent { get; init; }

        public AuditStream ToStream() =>
            new(
                Id,
                AllTenants ? null : new TenantId(TenantId),
                Name,
                Url,
                Address,
                AuthorizationHeader,
                State == AuditStreamValues.Active,
                FirstSequence,
                Version,
                CreatedAt,
                LastSentAt,
                Failure
            );
    }
}
