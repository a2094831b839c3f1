using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Persistence.Journal;
using Scim.Infrastructure.Persistence.Search;

namespace Scim.Infrastructure.Persistence.Groups;

/// <summary>
/// One statement changes the rows, learns from them what really changed, bumps the version and writes the journal. Where a
/// version is compared, a lock goes before it in the same round trip, so that the statement sees what the lock protects.
/// </summary>
internal sealed class PostgreSqlMembershipWriter(ITenantSession session, RequestContext request, TimeProvider clock)
    : IMembershipWriter
{
    private const string LockGroup = "select 1 from groups where tenant_id = $1 and id = $2 for update";

    private const string LockUser = "select 1 from users where tenant_id = $1 and id = $2 for update";

    private const string Outcome =
        "select (select count(*) from found), (select count(*) from accepted), (select count(*) from applied)";

    private Guid Tenant => session.Tenant.Value;

    public async Task<bool> ChangeAsync(GroupChange change, CancellationToken cancellationToken)
    {
        var members = NetMembership.Of(change.Members);
        var sql = new StatementText(Tenant, change.Group);
        Find(sql, "groups", GroupCounters.Version, change.IfMatch);
        sql.With("named", Named(sql, members.In));
        sql.With("unknown", "select id from named where not is_user and not is_group limit 1");
        sql.With(
            "ok",
            $"select id from accepted where not exists (select 1 from unknown) and {(members.Unknown is null ? "true" : "false")}"
        );
        sql.With(
            "applied",
            change.Update is { } update
                ? $"{sql.Embed(update.Row)} and version = {sql.Add(Arg.Int(update.RowVersion))} and exists (select 1 from ok) returning id"
                : "select id from ok"
        );
        Move(sql, members);
        sql.With("change", ChangeOf(sql, change.Update));
        sql.With("head", "select 1 as id from change");
        sql.Parts(change.Update?.Parts ?? [GroupCounters.BumpPart(session, change.Group, clock.Now())]);
        JournalSql.Append(
            sql,
            request,
            clock.Now(),
            $"select 0 as position, {sql.Add(Arg.Text(change.Operation))} as operation, 'Group' as resource_type, $2::text as resource_id, null as detail, text as change from change"
        );

        var statement = sql.End($"{Outcome}, (select id::text from unknown)");
        var isLocked = change.IfMatch is not null;
        return await session.QueryAsync(
            isLocked ? [Own(LockGroup, change.Group), statement] : [statement],
            async rows =>
            {
                var applied = await ReadOutcomeAsync(rows, isLocked, "Group", change.Group);
                return (members.Unknown ?? rows.TextOrNull(3)) is { } unknown
                    ? throw MembershipErrors.UnknownMember(unknown)
                    : applied;
            },
            cancellationToken
        );
    }

    public Task DeleteGroupAsync(Deletion deletion, CancellationToken cancellationToken)
    {
        var sql = new StatementText(Tenant, deletion.Id);
        Find(sql, "groups", GroupCounters.Version, deletion.IfMatch);
        sql.With(
            "nestings",
            "delete from group_nestings where tenant_id = $1 and (group_id = (select id from accepted) or child_id = (select id from accepted)) returning group_id, child_id"
        );
        sql.With("members", "delete from group_members where tenant_id = $1 and group_id = (select id from accepted)");
        sql.With(
            "counters",
            "delete from group_counters where tenant_id = $1 and group_id = (select id from accepted)"
        );
        sql.With("left_groups", "select group_id as id from nestings where child_id = $2 and group_id <> $2");
        return DeleteAsync(sql, deletion, LockGroup, "groups", "Group", cancellationToken);
    }

    public Task DeleteUserAsync(Deletion deletion, CancellationToken cancellationToken)
    {
        var sql = new StatementText(Tenant, deletion.Id);
        Find(sql, "users", "r.version", deletion.IfMatch);
        sql.With(
            "left_groups",
            "delete from group_members where tenant_id = $1 and user_id = (select id from accepted) returning group_id as id"
        );
        return DeleteAsync(sql, deletion, LockUser, "users", "User", cancellationToken);
    }

    /// <summary>The end of a deletion: what stands in <c>left_groups</c> changed its members.</summary>
    private Task<bool> DeleteAsync(
        StatementText sql,
        Deletion deletion,
        string rowLock,
        string table,
        string type,
        CancellationToken cancellationToken
    )
    {
        sql.With(
            "applied",
            $"delete from {table} where tenant_id = $1 and id = (select id from accepted) returning id, document"
        );
        sql.With("head", "select 1 as id from applied");
        sql.Parts(deletion.Parts);
        sql.Parts(GroupCounters.BumpLeft(session, clock.Now()));
        var operation = sql.Add(Arg.Text($"{type.ToLowerInvariant()}.delete"));
        var left = sql.Add(Arg.Text(MembershipEffect.Write([], [deletion.Id])));
        JournalSql.Append(
            sql,
            request,
            clock.Now(),
            $"""
            select 0 as position, '{MembershipEffect.Removed}' as operation, 'Group' as resource_type, id::text as resource_id, 'member deleted' as detail, {left} as change from left_groups
            union all select 1, {operation}, '{type}', id::text, null, json_build_object('before', document)::text from applied
            """
        );
        return session.QueryAsync(
            [Own(rowLock, deletion.Id), sql.End(Outcome)],
            rows => ReadOutcomeAsync(rows, isLocked: true, type, deletion.Id),
            cancellationToken
        );
    }

    private static void Find(StatementText sql, string table, string version, IfMatch? ifMatch)
    {
        var versions = ifMatch?.Versions;
        sql.With(
            "found",
            $"select r.id{(versions is null ? "" : $", {version} as version")} from {table} r where r.tenant_id = $1 and r.id = $2"
        );
        sql.With(
            "accepted",
            $"select id from found{(versions is null ? "" : $" where version = any({sql.Add(Arg.Ints(versions))})")}"
        );
    }

    private static string Named(StatementText sql, IReadOnlyCollection<Guid> ids) =>
        $"""
            select t.id, exists (select 1 from users u where u.tenant_id = $1 and u.id = t.id) as is_user,
                   exists (select 1 from groups g where g.tenant_id = $1 and g.id = t.id) as is_group
              from unnest({sql.Add(Arg.Uuids([.. ids]))}) as t(id)
            """;

    /// <summary>Members go and come; <c>effect(members)</c> says which really did, null when none.</summary>
    private void Move(StatementText sql, NetMembership members)
    {
        if (members.Removed.Count > 0)
        {
            sql.With("matching", string.Join(" union ", members.Removed.SelectMany(where => Matching(sql, where))));
        }

        var spare = members.Removed.Count > 0 ? " and id not in (select id from matching)" : "";
        Leave("users_out", "group_members", "user_id");
        Leave("groups_out", "group_nestings", "child_id");
        Join("users_in", "group_members", "user_id", "is_user");
        Join("groups_in", "group_nestings", "child_id", "is_group");
        sql.With(
            "effect",
            """
            select nullif(concat_ws(',',
                (select '"added":[' || string_agg('"' || id::text || '"', ',' order by id) || ']'
                   from (select id from users_in union all select id from groups_in) as t),
                (select '"removed":[' || string_agg('"' || id::text || '"', ',' order by id) || ']'
                   from (select id from users_out union all select id from groups_out) as t)), '') as members
            """
        );

        void Leave(string name, string table, string column)
        {
            if (Leaving(table, column) is { } condition)
            {
                sql.With(name, $"delete from {table} where tenant_id = $1 and {condition} returning {column} as id");
            }
            else
            {
                sql.With(name, "select id from applied where false");
            }
        }

        string? Leaving(string table, string column)
        {
            if (members is { Clears: false, Out.Count: > 1, Removed.Count: 0 })
            {
                // One look-up for each: by their array alone, a plan for any group of average size reads all of a large one.
                return $"""
                    ctid = any(array(
                      select (select m.ctid from {table} m
                               where m.tenant_id = $1 and m.group_id = (select id from applied) and m.{column} = t.id)
                        from unnest({sql.Add(Arg.Uuids([.. members.Out]))}) as t(id)))
                    """;
            }

            var named = members switch
            {
                { Clears: true } => $"{column} not in (select id from named)",
                { Out.Count: 0 } => null,
                // By plain equality: an array of one once got a plan that read the whole group.
                { Out.Count: 1 } => $"{column} = {sql.Add(Arg.Uuid(members.Out.First()))}",
                _ => $"{column} = any({sql.Add(Arg.Uuids([.. members.Out]))})",
            };
            var matching = members.Removed.Count > 0 ? $"{column} in (select id from matching)" : null;
            var leaving = named is null || matching is null ? named ?? matching : $"({named} or {matching})";
            return leaving is null ? null : $"group_id = (select id from applied) and {leaving}";
        }

        void Join(string name, string table, string column, string kind) =>
            sql.With(
                name,
                members.In.Count == 0
                    ? "select id from applied where false"
                    : $"""
                    insert into {table} (tenant_id, group_id, {column})
                    select $1, $2, id from named where {kind}{spare} and exists (select 1 from applied) order by id
                    on conflict do nothing returning {column} as id
                    """
            );
    }

    private IEnumerable<string> Matching(StatementText sql, NetMembership.Where where)
    {
        var condition = new FilterToSql(
            ResourceTable.Groups,
            session.Dialect,
            sql.Args,
            request.BaseUrl
        ).CompileElement(where.Filter, ResourceTable.MemberColumn);
        if (where.Later.Count > 0)
        {
            condition = $"({condition}) and m.id <> all({sql.Add(Arg.Uuids([.. where.Later]))})";
        }

        yield return $"select m.id from {ResourceTable.MembersOf("$1", "$2")} where {condition}";
        if (where.Earlier.Length > 0)
        {
            var ids = sql.Add(Arg.Uuids(where.Earlier));
            yield return $"select m.id from {ResourceTable.Candidates("$1", $"any({ids})")} where {condition}";
        }
    }

    private static string ChangeOf(StatementText sql, GroupUpdate? update) =>
        update is null
            ? "select '{\"members\":{' || members || '}}' as text from applied, effect where members is not null"
            : $"select {sql.Add(Arg.Text(update.Change[..^1]))} || coalesce(',\"members\":{{' || members || '}}', '') || '}}' as text from applied, effect";

    private static async ValueTask<bool> ReadOutcomeAsync(Rows rows, bool isLocked, string type, Guid id)
    {
        if (isLocked)
        {
            await rows.NextAsync();
        }

        await rows.ReadAsync();
        if (rows.Int(0) == 0)
        {
            throw ScimError.NotFound(type, id.ToString("D"));
        }

        return rows.Int(1) == 0 ? throw ScimError.VersionMismatch() : rows.Int(2) > 0;
    }

    private Statement Own(string sql, Guid id) => new(sql, Arg.Uuid(Tenant), Arg.Uuid(id));
}
