using Dapper;
using MediatR;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class ListTenantsHandler(IDatabase database) : IRequestHandler<ListTenants, IReadOnlyList<Tenant>>
{
    private const string Select = $"{TenantRow.Select} where t.slug > @after order by t.slug limit @limit";

    static ListTenantsHandler() => DapperTypes.Register();

    public async Task<IReadOnlyList<Tenant>> Handle(ListTenants request, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            connection =>
                connection.QueryAsync<TenantRow>(
                    new CommandDefinition(
                        Select,
                        new { after = request.After, limit = request.Limit },
                        cancellationToken: cancellationToken
                    )
                ),
            cancellationToken
        );
        return [.. rows.Select(row => row.ToTenant())];
    }
}
