using System.Text.Json;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class TenantRow
{
    /// <summary>Calls the table <c>t</c>.</summary>
    public const string Select = """
        select t.id as Id, t.workspace_id as WorkspaceId, t.slug as Slug, t.name as Name, t.state as State,
               t.state_before as StateBefore, t.plan as Plan, p.trial_days as TrialDays, p.users as PlanUsers,
               p.clients as PlanClients, t.max_users as MaxUsers, t.max_clients as MaxClients, t.time_zone as TimeZone,
               t.contacts as Contacts, t.trial_ends_at as TrialEndsAt, t.version as Version, t.created_at as CreatedAt,
               t.deleted_at as DeletedAt, t.purge_after as PurgeAfter, t.purging_at as PurgingAt,
               t.purged_at as PurgedAt,
               (select cast(coalesce(sum(c.value), 0) as bigint) from resource_counters c
                 where c.tenant_id = t.id and c.resource_type = 'User') as Users,
               (select count(*) from scim_clients c where c.tenant_id = t.id) as Clients
          from tenants t join plans p on p.name = t.plan
        """;

    private const string Visible = """
        (exists (select 1 from operator_tenants o where o.tenant_id = t.id and o.operator_id = @caller)
         or exists (select 1 from operator_workspaces m where m.workspace_id = t.workspace_id and m.operator_id = @caller))
        """;

    public TenantId Id { get; init; }

    public Guid WorkspaceId { get; init; }

    public string Slug { get; init; } = "";

    public string Name { get; init; } = "";

    public string State { get; init; } = "";

    public string? StateBefore { get; init; }

    public string Plan { get; init; } = "";

    public int? TrialDays { get; init; }

    public long? PlanUsers { get; init; }

    public long? PlanClients { get; init; }

    public long? MaxUsers { get; init; }

    public long? MaxClients { get; init; }

    public string TimeZone { get; init; } = "";

    public string Contacts { get; init; } = "[]";

    public DateTimeOffset? TrialEndsAt { get; init; }

    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }

    public DateTimeOffset? PurgeAfter { get; init; }

    public DateTimeOffset? PurgingAt { get; init; }

    public DateTimeOffset? PurgedAt { get; init; }

    public long Users { get; init; }

    public long Clients { get; init; }

    /// <summary>A condition on <see cref="Select"/>.</summary>
    public static string VisibleTo(AdminCaller? caller) => caller?.IsTenantBound == true ? Visible : "1 = 1";

    public Tenant ToTenant() =>
        new()
        {
            Id = Id,
            WorkspaceId = WorkspaceId,
            Slug = Slug,
            Name = Name,
            State = PurgedAt is null ? Parse(State) : TenantState.Purged,
            StateBefore = StateBefore is null ? null : Parse(StateBefore),
            Plan = new TenantPlan(Plan, TrialDays, new TenantLimits(PlanUsers, PlanClients)),
            OwnLimits = new TenantLimits(MaxUsers, MaxClients),
            TimeZone = TimeZone,
            Contacts = JsonSerializer.Deserialize<string[]>(Contacts)!,
            TrialEndsAt = TrialEndsAt,
            Version = Version,
            CreatedAt = CreatedAt,
            DeletedAt = DeletedAt,
            PurgeAfter = PurgeAfter,
            PurgingAt = PurgingAt,
            PurgedAt = PurgedAt,
            Usage = new TenantUsage(Users, Clients),
        };

    public static string Text(TenantState state) =>
        state switch
        {
            TenantState.Active => "active",
            TenantState.Suspended => "suspended",
            _ => "deleting",
        };

    private static TenantState Parse(string state) => Enum.Parse<TenantState>(state, ignoreCase: true);
}

internal sealed class PlanRow
{
    public string Name { get; init; } = "";

    public int? TrialDays { get; init; }

    public long? Users { get; init; }

    public long? Clients { get; init; }

    public TenantPlan ToPlan() => new(Name, TrialDays, new TenantLimits(Users, Clients));
}
