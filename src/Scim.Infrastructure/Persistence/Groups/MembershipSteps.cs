using Scim.Application.Common;
using Scim.Domain.Filters;
using Scim.Domain.Groups;
using Scim.Infrastructure.Persistence.Search;

namespace Scim.Infrastructure.Persistence.Groups;

/// <summary>
/// Applies membership steps one after another inside the caller's transaction, set-based: O(members named), whatever the
/// size of the group. A member is a user (<c>group_members</c>) or a group (<c>group_nestings</c>).
/// </summary>
internal sealed class MembershipSteps(ITenantSession session, RequestContext request)
{
    public async Task<MembershipEffect> ApplyAsync(
        Guid group,
        MembershipChange change,
        CancellationToken cancellationToken
    )
    {
        var effect = new MembershipEffect();
        for (var i = 0; i < change.Steps.Count; i++)
        {
            var step = change.Steps[i];
            if (
                step.Action == MembershipAction.Clear
                && i + 1 < change.Steps.Count
                && change.Steps[i + 1].Action == MembershipAction.Add
            )
            {
                // Clearing and adding is replacing: members who stay are not touched.
                await RemoveAsync(group, effect, KeepOnly, [.. change.Steps[i + 1].Ids], cancellationToken);
                continue;
            }

            await (
                step.Action switch
                {
                    MembershipAction.Add => AddAsync(group, step, effect, cancellationToken),
                    MembershipAction.Clear => RemoveAsync(group, effect, (_, _) => "", null, cancellationToken),
                    MembershipAction.RemoveWhere => RemoveAsync(
                        group,
                        effect,
                        Only,
                        await FindAsync(group, step.Filter!, cancellationToken),
                        cancellationToken
                    ),
                    _ => RemoveAsync(group, effect, Only, [.. step.Ids], cancellationToken),
                }
            );
        }

        return effect;
    }

    /// <summary>One of the ids $2 that is no user or group of tenant $1.</summary>
    public static string UnknownAmong(ISqlDialect dialect) =>
        $"""
            select t.id from {dialect.UuidSet(2)}
             where not exists (select 1 from users u where u.tenant_id = $1 and u.id = t.id)
               and not exists (select 1 from groups g where g.tenant_id = $1 and g.id = t.id)
             limit 1
            """;

    private async Task AddAsync(
        Guid group,
        MembershipStep step,
        MembershipEffect effect,
        CancellationToken cancellationToken
    )
    {
        if (step.Unknown is { } unknown)
        {
            throw MembershipErrors.UnknownMember(unknown);
        }

        var ids = step.Ids.Distinct().ToArray();
        if (ids.Length == 0)
        {
            return;
        }

        Statement[] statements =
        [
            With(
                $"""
                insert into group_members (tenant_id, group_id, user_id)
                select $1, $2, u.id from users u where u.tenant_id = $1 and {Match("u.id", ids)}
                on conflict do nothing returning user_id
                """,
                group,
                ids
            ),
            With(
                $"""
                insert into group_nestings (tenant_id, group_id, child_id)
                select $1, $2, g.id from groups g where g.tenant_id = $1 and {Match("g.id", ids)}
                on conflict do nothing returning child_id
                """,
                group,
                ids
            ),
            new Statement(UnknownAmong(session.Dialect), Arg.Uuid(session.Tenant.Value), Arg.Uuids(ids)),
        ];
        await session.QueryAsync(
            statements,
            async rows =>
            {
                for (var i = 0; i < 2; i++)
                {
                    while (await rows.ReadAsync())
                    {
                        effect.Add(rows.Uuid(0));
                    }

                    await rows.NextAsync();
                }

                return await rows.ReadAsync() ? throw MembershipErrors.UnknownMember(rows.Uuid(0).ToString("D")) : 0;
            },
            cancellationToken
        );
    }

    /// <param name="condition">Makes the condition on the member column from its name and the ids.</param>
    private async Task RemoveAsync(
        Guid group,
        MembershipEffect effect,
        Func<string, Guid[], string> condition,
        Guid[]? ids,
        CancellationToken cancellationToken
    )
    {
        if (ids is [] && condition == Only)
        {
            return;
        }

        Statement Delete(string table, string column)
        {
            var sql =
                $"delete from {table} where tenant_id = $1 and group_id = $2{(ids is null ? "" : condition(column, ids))} returning {column}";
            return ids is null
                ? new Statement(sql, Arg.Uuid(session.Tenant.Value), Arg.Uuid(group))
                : With(sql, group, ids);
        }

        await session.QueryAsync(
            [Delete("group_members", "user_id"), Delete("group_nestings", "child_id")],
            async rows =>
            {
                do
                {
                    while (await rows.ReadAsync())
                    {
                        effect.Remove(rows.Uuid(0));
                    }
                } while (await rows.NextAsync());

                return 0;
            },
            cancellationToken
        );
    }

    private string Only(string column, Guid[] ids) => $" and {Match(column, ids)}";

    private string KeepOnly(string column, Guid[] ids) =>
        ids.Length == 1
            ? $" and {column} <> $3"
            : $" and {column} not in (select t.id from {session.Dialect.UuidSet(3)})";

    // One id by plain equality: an array of one once got a plan that read the whole group.
    private string Match(string column, Guid[] ids) =>
        ids.Length == 1 ? $"{column} = $3" : session.Dialect.AnyUuid(column, 3);

    private Statement With(string sql, Guid group, Guid[] ids) =>
        new(sql, Arg.Uuid(session.Tenant.Value), Arg.Uuid(group), ids.Length == 1 ? Arg.Uuid(ids[0]) : Arg.Uuids(ids));

    private async Task<Guid[]> FindAsync(Guid group, Filter filter, CancellationToken cancellationToken)
    {
        List<Arg> args = [Arg.Uuid(session.Tenant.Value), Arg.Uuid(group)];
        var condition = new FilterToSql(ResourceTable.Groups, session.Dialect, args, request.BaseUrl).CompileElement(
            filter,
            ResourceTable.MemberColumn
        );
        var sql = $"select m.id from {ResourceTable.MembersOf("$1", "$2")} where {condition}";
        return await session.QueryAsync(
            [new Statement(sql, [.. args])],
            async rows =>
            {
                var ids = new List<Guid>();
                while (await rows.ReadAsync())
                {
                    ids.Add(rows.Uuid(0));
                }

                return ids.ToArray();
            },
            cancellationToken
        );
    }
}
