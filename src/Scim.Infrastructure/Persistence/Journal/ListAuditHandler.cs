using Dapper;
using MediatR;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Persistence.Sealing;

namespace Scim.Infrastructure.Persistence.Journal;

internal sealed class ListAuditHandler(IDatabase database, AuditReader reader, RequestContext request)
    : IRequestHandler<ListAudit, AuditPage>
{
    public async Task<AuditPage> Handle(ListAudit query, CancellationToken cancellationToken)
    {
        var tenants = AuditReach.Tenants(request, query.Filter.Tenant);
        if (tenants is { Count: 0 })
        {
            return new AuditPage([], null);
        }

        var before = query.Before ?? (query.Filter.To is { } to ? new AuditPosition(to, 0) : AuditPosition.End);
        // One more than is shown: it tells whether there is a next page.
        var (sql, parameters) = AuditSql.Page(database.Dialect, query.Filter, tenants, before, query.Limit + 1);
        var rows = await QueryAsync(sql, parameters, cancellationToken);
        var next = rows.Count > query.Limit ? PositionOf(rows[query.Limit - 1]) : null;
        if (next is null && AuditSql.IsWindowed(query.Filter, tenants))
        {
            var last = await QueryAsync(AuditSql.LastOfWindow, parameters, cancellationToken);
            next = last.Count == 0 ? null : PositionOf(last[0]);
        }

        var shown = rows.Take(query.Limit).Select(row => row.ToRecord()).ToList();
        return new AuditPage(await reader.ShowAsync(shown, cancellationToken), next);
    }

    private static AuditPosition? PositionOf(RecordRow row) => new AuditPosition(row.OccurredAt, row.Sequence);

    private Task<List<RecordRow>> QueryAsync(
        string sql,
        DynamicParameters parameters,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            async connection =>
                (
                    await connection.QueryAsync<RecordRow>(
                        new CommandDefinition(sql, parameters, cancellationToken: cancellationToken)
                    )
                ).AsList(),
            cancellationToken
        );
}

internal sealed class GetAuditHandler(IDatabase database, AuditReader reader, RequestContext request)
    : IRequestHandler<GetAudit, AuditEntry>
{
    private const string Select = $"""
        select {RecordRow.Columns} from journal where tenant_id = @Tenant and sequence = @Sequence
        """;

    public async Task<AuditEntry> Handle(GetAudit query, CancellationToken cancellationToken)
    {
        var row = request.Reaches(query.Tenant)
            ? await database.ReadAsync(
                connection =>
                    connection.QuerySingleOrDefaultAsync<RecordRow>(
                        new CommandDefinition(Select, query, cancellationToken: cancellationToken)
                    ),
                cancellationToken
            )
            : null;
        return row is null
            ? throw ScimError.NotFound("Audit row", $"{query.Tenant.Value:N}-{query.Sequence}")
            : (await reader.ShowAsync([row.ToRecord()], cancellationToken))[0];
    }
}
