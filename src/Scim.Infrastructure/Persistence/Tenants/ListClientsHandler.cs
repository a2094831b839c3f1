using Dapper;
using MediatR;
using Scim.Application.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class ListClientsHandler(IDatabase database) : IRequestHandler<ListClients, IReadOnlyList<ListedClient>>
{
    public Task<IReadOnlyList<ListedClient>> Handle(ListClients request, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ListedClient>>(
            async connection =>
            {
                // Ids are of version 7: their order is that of creation.
                var rows = await connection.QueryAsync<Row>(
                    new CommandDefinition(
                        """
                        select c.id, c.name
                        from scim_clients c join tenants t on t.id = c.tenant_id
                        where t.slug = @TenantSlug
                        order by c.id
                        """,
                        new { request.TenantSlug },
                        cancellationToken: cancellationToken
                    )
                );
                return [.. rows.Select(row => new ListedClient(row.Id, row.Name))];
            },
            cancellationToken
        );

    // A class with setters, so that ids pass through Dapper's type handler on both databases.
    private sealed class Row
    {
        public Guid Id { get; set; }

        public string Name { get; set; } = "";
    }
}
