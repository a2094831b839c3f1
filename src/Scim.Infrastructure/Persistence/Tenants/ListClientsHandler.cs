using Dapper;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Errors;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class ListClientsHandler(IDatabase database) : IRequestHandler<ListClients, IReadOnlyList<ListedClient>>
{
    // Ids are of version 7: their order is that of creation. A tenant without clients has one row of nulls.
    private const string Select = """
        select c.id, c.name, c.scopes, c.profile, c.state, c.created_at
          from tenants t
          left join scim_clients c on c.tenant_id = t.id
         where t.slug = @slug
         order by c.id
        """;

    static ListClientsHandler() => DapperTypes.Register();

    public async Task<IReadOnlyList<ListedClient>> Handle(ListClients request, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            async connection =>
                (
                    await connection.QueryAsync<Row>(
                        new CommandDefinition(
                            Select,
                            new { slug = request.TenantSlug },
                            cancellationToken: cancellationToken
                        )
                    )
                ).AsList(),
            cancellationToken
        );
        return rows.Count == 0
            ? throw ScimError.NotFound("Tenant", request.TenantSlug)
            : [.. rows.Where(row => row.Id != Guid.Empty).Select(row => row.ToClient())];
    }

    private sealed class Row
    {
        public Guid Id { get; init; }

        public string Name { get; init; } = "";

        public string Scopes { get; init; } = "";

        public string Profile { get; init; } = "";

        public string State { get; init; } = "";

        public DateTimeOffset CreatedAt { get; init; }

        public ListedClient ToClient() => new(Id, Name, ScopeNames.Parse(Scopes), Profile, State, CreatedAt);
    }
}
