using System.Data.Common;
using System.Text.Json;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Jobs;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class TenantStore(ControlJournal journal) : ITenantStore
{
    private const string Insert = """
        insert into tenants (id, workspace_id, slug, name, state, plan, max_users, max_clients, time_zone, contacts,
                             trial_ends_at, version, created_at)
        values (@id, @workspaceId, @slug, @name, @state, @plan, @maxUsers, @maxClients, @timeZone, @contacts,
                @trialEndsAt, @version, @createdAt)
        on conflict (slug) do nothing
        """;

    private const string SelectId = "select id from tenants where slug = @slug";

    // From the beginning of the purge on there is no way back.
    private const string Update = """
        update tenants
           set workspace_id = @workspaceId, name = @name, state = @state, plan = @plan, max_users = @maxUsers,
               max_clients = @maxClients, time_zone = @timeZone, contacts = @contacts, trial_ends_at = @trialEndsAt,
               state_before = @stateBefore, deleted_at = @deletedAt, purge_after = @purgeAfter, version = @version
         where id = @id and version = @version - 1 and purging_at is null
        """;

    private const string SelectPlan = """
        select name as Name, trial_days as TrialDays, users as Users, clients as Clients from plans where name = @name
        """;

    private const string SelectWorkspace = "select id from workspaces where id = @id";

    private const string SelectDefaultWorkspace = "select id from workspaces where slug = 'default'";

    static TenantStore() => DapperTypes.Register();

    public Task AddAsync(Tenant tenant, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteAsync(Insert, Row(tenant), transaction) == 0)
                {
                    throw ScimError.Conflict($"There is already a tenant {tenant.Slug}.");
                }

                var detail = JsonSerializer.Serialize(
                    new
                    {
                        slug = tenant.Slug,
                        name = tenant.Name,
                        plan = tenant.Plan.Name,
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

    public async Task<TenantId?> FindIdAsync(string slug, CancellationToken cancellationToken) =>
        await FindAsync<Guid?>(SelectId, new { slug }, cancellationToken) is { } id ? new TenantId(id) : null;

    public Task<string?> FindSlugAsync(TenantId id, AdminCaller? caller, CancellationToken cancellationToken) =>
        FindAsync<string>(
            $"select t.slug from tenants t where t.id = @id and {TenantRow.VisibleTo(caller)}",
            new { id, caller = caller?.Id ?? Guid.Empty },
            cancellationToken
        );

    public async Task<Tenant?> FindAsync(TenantId id, AdminCaller? caller, CancellationToken cancellationToken)
    {
        var row = await FindAsync<TenantRow>(
            $"{TenantRow.Select} where t.id = @id and {TenantRow.VisibleTo(caller)}",
            new { id, caller = caller?.Id ?? Guid.Empty },
            cancellationToken
        );
        return row?.ToTenant();
    }

    public Task<bool> SaveAsync(
        Tenant before,
        Tenant after,
        string operation,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteAsync(Update, Row(after), transaction) == 0)
                {
                    return false;
                }

                if (after.PurgeAfter is { } at && at != before.PurgeAfter)
                {
                    // Of several, the first that is due does the work.
                    var purge = Job.Create(after.Id, PurgeTenant.JobType, now) with
                    {
                        RunAfter = at,
                    };
                    await transaction.EnqueueAsync(purge, cancellationToken);
                }

                var detail = JsonSerializer.Serialize(
                    new
                    {
                        before = Facts(before),
                        after = Facts(after),
                        newContacts = !before.Contacts.SequenceEqual(after.Contacts),
                    }
                );
                await journal.AppendAsync(transaction, after.Id, now, operation, "Tenant", after.Id.ToString(), detail);
                return true;
            },
            cancellationToken
        );

    public async Task<TenantPlan?> FindPlanAsync(string name, CancellationToken cancellationToken)
    {
        var row = await FindAsync<PlanRow>(SelectPlan, new { name }, cancellationToken);
        return row?.ToPlan();
    }

    public Task<Guid?> FindWorkspaceAsync(Guid? id, CancellationToken cancellationToken) =>
        FindAsync<Guid?>(
            id is null ? SelectDefaultWorkspace : SelectWorkspace,
            new { id = id ?? Guid.Empty },
            cancellationToken
        );

    private Task<T?> FindAsync<T>(string sql, object parameters, CancellationToken cancellationToken) =>
        journal.ReadAsync(
            (connection, transaction) =>
                connection.QuerySingleOrDefaultAsync<T>(
                    new CommandDefinition(sql, parameters, transaction, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );

    private static object Row(Tenant tenant) =>
        new
        {
            id = tenant.Id,
            workspaceId = tenant.WorkspaceId,
            slug = tenant.Slug,
            name = tenant.Name,
            state = TenantRow.Text(tenant.State),
            plan = tenant.Plan.Name,
            maxUsers = tenant.OwnLimits.Users,
            maxClients = tenant.OwnLimits.Clients,
            timeZone = tenant.TimeZone,
            contacts = JsonSerializer.Serialize(tenant.Contacts),
            trialEndsAt = tenant.TrialEndsAt,
            stateBefore = tenant.StateBefore is { } state ? TenantRow.Text(state) : null,
            deletedAt = tenant.DeletedAt,
            purgeAfter = tenant.PurgeAfter,
            version = tenant.Version,
            createdAt = tenant.CreatedAt,
        };

    // Contacts are people: they stay out of the journal.
    private static object Facts(Tenant tenant) =>
        new
        {
            workspaceId = tenant.WorkspaceId,
            name = tenant.Name,
            state = TenantRow.Text(tenant.State),
            plan = tenant.Plan.Name,
            limits = new { users = tenant.OwnLimits.Users, clients = tenant.OwnLimits.Clients },
            timeZone = tenant.TimeZone,
            trialEndsAt = tenant.TrialEndsAt,
            purgeAfter = tenant.PurgeAfter,
        };
}
