using System.Data.Common;
using System.Text.Json;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class TenantStore(IDatabase database, ControlJournal journal) : ITenantStore
{
    private const string Insert = """
        insert into tenants (id, workspace_id, slug, name, state, plan, created_at)
        select @id, w.id, @slug, @name, @state, @plan, @now from workspaces w where w.slug = 'default'
        on conflict (slug) do nothing
        """;

    private const string Select = """
        select id as Id, slug as Slug, name as Name, state as State, plan as Plan, created_at as CreatedAt
          from tenants where slug = @slug
        """;

    static TenantStore() => DapperTypes.Register();

    public Task AddAsync(Tenant tenant, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var row = new
                {
                    id = tenant.Id.Value,
                    slug = tenant.Slug,
                    name = tenant.Name,
                    state = TenantRow.Text(tenant.State),
                    plan = TenantRow.Text(tenant.Plan),
                    now = tenant.CreatedAt,
                };
                if (await connection.ExecuteAsync(Insert, row, transaction) == 0)
                {
                    throw ScimError.Conflict($"There is already a tenant {tenant.Slug}.");
                }

                var detail = JsonSerializer.Serialize(
                    new
                    {
                        row.slug,
                        row.name,
                        row.plan,
                    }
                );
                await journal.AppendAsync(
                    transaction,
                    tenant.Id,
                    tenant.CreatedAt,
                    "tenant.create",
                    "Tenant",
                    tenant.Id.ToString(),
                    detail
                );
                return true;
            },
            cancellationToken
        );

    public async Task<Tenant?> FindAsync(string slug, CancellationToken cancellationToken)
    {
        var row = await database.ReadAsync(
            connection =>
                connection.QuerySingleOrDefaultAsync<TenantRow>(
                    new CommandDefinition(Select, new { slug }, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return row?.ToTenant();
    }
}

internal sealed class TenantRow
{
    public Guid Id { get; init; }

    public string Slug { get; init; } = "";

    public string Name { get; init; } = "";

    public string State { get; init; } = "";

    public string Plan { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public Tenant ToTenant() =>
        Tenant.Restore(
            new TenantId(Id),
            Slug,
            Name,
            Enum.Parse<TenantState>(State, ignoreCase: true),
            Enum.Parse<TenantPlan>(Plan, ignoreCase: true),
            CreatedAt
        );

    public static string Text(TenantState state) =>
        state switch
        {
            TenantState.Active => "active",
            TenantState.Suspended => "suspended",
            _ => "deleting",
        };

    public static string Text(TenantPlan plan) =>
        plan switch
        {
            TenantPlan.Trial => "trial",
            TenantPlan.Standard => "standard",
            _ => "unlimited",
        };
}
