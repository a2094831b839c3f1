using Dapper;
using MediatR;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class ListTenantsNearLimitHandler(IDatabase database)
    : IRequestHandler<ListTenantsNearLimit, IReadOnlyList<NearLimit>>
{
    private const string Select = """
        select n.id as Id, n.slug as Slug, n.users as Users, n.most as Most
          from (select t.id, t.slug, coalesce(t.max_users, p.users) as most,
                       (select cast(coalesce(sum(c.value), 0) as bigint) from resource_counters c
                         where c.tenant_id = t.id and c.resource_type = 'User') as users
                  from tenants t join plans p on p.name = t.plan
                 where t.deleted_at is null and coalesce(t.max_users, p.users) is not null) n
         where n.users * 5 >= n.most * 4
         order by 1.0 * n.users / (n.most + 1) desc limit @Limit
        """;

    static ListTenantsNearLimitHandler() => DapperTypes.Register();

    public async Task<IReadOnlyList<NearLimit>> Handle(ListTenantsNearLimit query, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            connection =>
                connection.QueryAsync<Row>(
                    new CommandDefinition(Select, new { query.Limit }, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return [.. rows.Select(row => new NearLimit(row.Id, row.Slug, row.Users, row.Most))];
    }

    private sealed class Row
    {
        public TenantId Id { get; init; }

        public string Slug { get; init; } = "";

        public long Users { get; init; }

        public long Most { get; init; }
    }
}
