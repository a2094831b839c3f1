namespace Scim.Infrastructure.Persistence.Groups;

/// <summary>
/// A group's version and lastModified are its row's plus those of its striped counters, so that membership changes never
/// update, or wait for, one row of the group (docs/adr/0004-striped-group-versions.md). Expressions over row <c>r</c>.
/// </summary>
internal static class GroupCounters
{
    public const string Version = """
        (r.version + coalesce((select cast(sum(c.changes) as bigint) from group_counters c
                                where c.tenant_id = r.tenant_id and c.group_id = r.id), 0))
        """;

    public const string LastModified = """
        (select max(x.t) from (select r.last_modified as t union all
                               select c.last_modified from group_counters c
                                where c.tenant_id = r.tenant_id and c.group_id = r.id) as x)
        """;

    /// <summary>$1 tenant, $2 group, $3 stripe, $4 time.</summary>
    public const string Bump = """
        insert into group_counters (tenant_id, group_id, stripe, changes, last_modified)
        values ($1, $2, $3, 1, $4)
        on conflict (tenant_id, group_id, stripe)
        do update set changes = group_counters.changes + 1, last_modified = excluded.last_modified
        """;

    public static Statement BumpOne(ITenantSession session, Guid group, DateTimeOffset now) =>
        new(Bump, Arg.Uuid(session.Tenant.Value), Arg.Uuid(group), Arg.Int(session.Stripe), Arg.Time(now));

    // A part of a mutation: runs only when its head applied.
    private const string BumpAfter = """
        insert into group_counters (tenant_id, group_id, stripe, changes, last_modified)
        select $1, $2, $3, 1, $4 from head where true
        on conflict (tenant_id, group_id, stripe)
        do update set changes = group_counters.changes + 1, last_modified = excluded.last_modified
        """;

    public static Statement BumpPart(ITenantSession session, Guid group, DateTimeOffset now) =>
        new(BumpAfter, Arg.Uuid(session.Tenant.Value), Arg.Uuid(group), Arg.Int(session.Stripe), Arg.Time(now));

    // In the order of ids, as everyone who needs several rows: two deletions never wait for each other in a circle.
    private const string BumpEach = """
        insert into group_counters (tenant_id, group_id, stripe, changes, last_modified)
        select $1, t.id, $2, 1, $3 from (select id from left_groups order by id) as t
        on conflict (tenant_id, group_id, stripe)
        do update set changes = group_counters.changes + 1, last_modified = excluded.last_modified
        """;

    /// <summary>A part on PostgreSQL: each group in the relation <c>left_groups(id)</c>.</summary>
    public static Statement BumpLeft(ITenantSession session, DateTimeOffset now) =>
        new(BumpEach, Arg.Uuid(session.Tenant.Value), Arg.Int(session.Stripe), Arg.Time(now));

    // A group shows the names of its members, so a new name is a new version of each group that shows it.
    private const string BumpAll = """
        insert into group_counters (tenant_id, group_id, stripe, changes, last_modified)
        select $1, m.group_id, $3, 1, $4 from {0} m, head where m.tenant_id = $1 and m.{1} = $2
        on conflict (tenant_id, group_id, stripe)
        do update set changes = group_counters.changes + 1, last_modified = excluded.last_modified
        """;

    private static readonly string BumpUsersGroups = BumpAll
        .Replace("{0}", "group_members", StringComparison.Ordinal)
        .Replace("{1}", "user_id", StringComparison.Ordinal);

    private static readonly string BumpParents = BumpAll
        .Replace("{0}", "group_nestings", StringComparison.Ordinal)
        .Replace("{1}", "child_id", StringComparison.Ordinal);

    /// <summary>A part of the mutation that renames a user. O(groups of the user).</summary>
    public static Statement UserRenamed(ITenantSession session, Guid user, DateTimeOffset now) =>
        Renamed(BumpUsersGroups, session, user, now);

    /// <summary>A part of the mutation that renames a group. O(groups that it is a member of).</summary>
    public static Statement GroupRenamed(ITenantSession session, Guid group, DateTimeOffset now) =>
        Renamed(BumpParents, session, group, now);

    private static Statement Renamed(string sql, ITenantSession session, Guid member, DateTimeOffset now) =>
        new(sql, Arg.Uuid(session.Tenant.Value), Arg.Uuid(member), Arg.Int(session.Stripe), Arg.Time(now));
}
