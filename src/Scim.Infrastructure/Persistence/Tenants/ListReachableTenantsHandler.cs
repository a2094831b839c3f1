using Dapper;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class ListReachableTenantsHandler(IDatabase database, RequestContext request)
    : IRequestHandler<ListReachableTenants, IReadOnlyList<Tenant>>
{
    static ListReachableTenantsHandler() => DapperTypes.Register();

    // Ids are of version 7: their order is that of creation.
    public async Task<IReadOnlyList<Tenant>> Handle(ListReachableTenants query, CancellationToken cancellationToken)
    {
        var sql = $"""
            {TenantRow.Select}
             where t.id > @After and t.purged_at is null and {TenantRow.VisibleTo(request.Admin)}
             order by t.id limit @Limit
            """;
        var parameters = new
        {
            query.After,
            query.Limit,
            caller = request.Admin?.Id ?? Guid.Empty,
        };
        var rows = await database.ReadAsync(
            connection =>
                connection.QueryAsync<TenantRow>(
                    new CommandDefinition(sql, parameters, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return [.. rows.Select(row => row.ToTenant())];
    }
}

internal sealed class ListPlansHandler(IDatabase database) : IRequestHandler<ListPlans, IReadOnlyList<TenantPlan>>
{
    private const string Select = """
        select name as Name, trial_days as TrialDays, users as Users, clients as Clients from plans order by name
        """;

    public async Task<IReadOnlyList<TenantPlan>> Handle(ListPlans query, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            connection =>
                connection.QueryAsync<PlanRow>(new CommandDefinition(Select, cancellationToken: cancellationToken)),
            cancellationToken
        );
        return [.. rows.Select(row => row.ToPlan())];
    }
}
