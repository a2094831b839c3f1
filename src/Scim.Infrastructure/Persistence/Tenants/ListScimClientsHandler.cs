using Dapper;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class ListScimClientsHandler(IDatabase database, RequestContext request, TimeProvider clock)
    : IRequestHandler<ListScimClients, IReadOnlyList<ScimClient>>
{
    // Ids are of version 7: their order is that of creation.
    public Task<IReadOnlyList<ScimClient>> Handle(ListScimClients query, CancellationToken cancellationToken)
    {
        var ofTenant = query.TenantId is null ? "" : "and c.tenant_id = @TenantId";
        var visible = $"and c.tenant_id in (select t.id from tenants t where {TenantRow.VisibleTo(request.Admin)})";
        var sql = $"""
            select {ClientRow.Columns}
              from scim_clients c join tenants n on n.id = c.tenant_id
             where c.id > @After {ofTenant} {visible}
             order by c.id limit @Limit
            """;
        var parameters = new
        {
            query.TenantId,
            query.After,
            query.Limit,
            caller = request.Admin?.Id ?? Guid.Empty,
        };
        return database.ReadAsync<IReadOnlyList<ScimClient>>(
            async connection =>
            {
                var clients = new List<ScimClient>();
                foreach (var row in await connection.QueryAsync<ClientRow>(sql, parameters))
                {
                    clients.Add(await row.ToClientAsync(connection, null, clock.Now()));
                }

                return clients;
            },
            cancellationToken
        );
    }
}
