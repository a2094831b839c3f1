using System.Data.Common;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Operators;

namespace Scim.Infrastructure.Persistence.Operators;

/// <summary>Operators with the tenants that they reach, as far as a caller may see them.</summary>
internal static class OperatorReader
{
    // A caller who is bound to tenants sees those who reach none but these, and are in no workspace but the caller's.
    private const string Visible = """
        o.reach = 'tenants'
        and (exists (select 1 from operator_tenants t where t.operator_id = o.id and t.tenant_id is not null)
             or exists (select 1 from operator_workspaces m where m.operator_id = o.id))
        and not exists (
            select 1 from operator_tenants t
             where t.operator_id = o.id
               and not exists (
                   select 1 from operator_tenants own
                    where own.operator_id = @caller and own.tenant_id = t.tenant_id)
               and not exists (
                   select 1 from operator_workspaces m join tenants n on n.workspace_id = m.workspace_id
                    where m.operator_id = @caller and n.id = t.tenant_id))
        and not exists (
            select 1 from operator_workspaces m
             where m.operator_id = o.id
               and not exists (
                   select 1 from operator_workspaces own
                    where own.operator_id = @caller and own.workspace_id = m.workspace_id))
        """;

    private const string SelectTenants = "select tenant_id from operator_tenants where operator_id = @id";

    private const string SelectWorkspaces = "select workspace_id from operator_workspaces where operator_id = @id";

    public static string VisibleTo(AdminCaller? caller) => caller?.IsTenantBound == true ? Visible : "1 = 1";

    public static async Task<OperatorAccount?> FindAsync(
        DbConnection connection,
        string sql,
        object parameters,
        DbTransaction? transaction = null
    )
    {
        var row = await connection.QuerySingleOrDefaultAsync<OperatorRow>(sql, parameters, transaction);
        return row is null ? null : await WithTenantsAsync(connection, row, transaction);
    }

    public static async Task<IReadOnlyList<OperatorAccount>> ListAsync(
        DbConnection connection,
        string sql,
        object parameters
    )
    {
        var accounts = new List<OperatorAccount>();
        foreach (var row in await connection.QueryAsync<OperatorRow>(sql, parameters))
        {
            accounts.Add(await WithTenantsAsync(connection, row, transaction: null));
        }

        return accounts;
    }

    private static async Task<OperatorAccount> WithTenantsAsync(
        DbConnection connection,
        OperatorRow row,
        DbTransaction? transaction
    )
    {
        if (!row.IsTenantBound)
        {
            return row.ToAccount([]);
        }

        var id = new { id = row.Id };
        var tenants = await connection.QueryAsync<Guid>(SelectTenants, id, transaction);
        var workspaces = await connection.QueryAsync<Guid>(SelectWorkspaces, id, transaction);
        return row.ToAccount(tenants) with { WorkspaceIds = [.. workspaces.Order()] };
    }
}
