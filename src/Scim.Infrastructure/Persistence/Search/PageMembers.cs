using Scim.Application.Search;
using Scim.Domain.Resources;
using Scim.Infrastructure.Persistence.Groups;

namespace Scim.Infrastructure.Persistence.Search;

/// <summary>
/// The members of a page of groups. As a rule they are few and are read at once; where there are many, each group's are
/// read when they are written, so that memory does not grow with them.
/// </summary>
internal sealed class PageMembers(ITenantSession session)
{
    private const int Few = 20_000;

    // Written out, since the planner learns nothing from a limit that is bound.
    private static readonly string Limit = $"limit {Few + 1}";

    private static string Users(ISqlDialect dialect) =>
        $"""
            select gm.group_id, gm.user_id, u.display from group_members gm
              join users u on u.tenant_id = gm.tenant_id and u.id = gm.user_id
             where gm.tenant_id = $1 and {dialect.AnyUuid("gm.group_id", 2)}
             order by gm.group_id, gm.user_id {Limit}
            """;

    private static string Groups(ISqlDialect dialect) =>
        $"""
            select gn.group_id, gn.child_id, g.display from group_nestings gn
              join groups g on g.tenant_id = gn.tenant_id and g.id = gn.child_id
             where gn.tenant_id = $1 and {dialect.AnyUuid("gn.group_id", 2)}
             order by gn.group_id, gn.child_id {Limit}
            """;

    /// <returns>The page with its members, and whether they are yet to be read, which needs the snapshot that is open now.</returns>
    public async Task<(IReadOnlyList<FoundResource> Page, bool AreMany)> AddAsync(
        IReadOnlyList<FoundResource> page,
        CancellationToken cancellationToken
    )
    {
        var groups = page.Where(found => MemberProjection.Of(found.Schema, found.Projection) is not null)
            .Select(found => found.Resource.Id)
            .ToArray();
        if (groups.Length == 0)
        {
            return (page, false);
        }

        var few = await ReadFewAsync(groups, cancellationToken);
        var shown = groups.ToHashSet();
        return (
            [
                .. page.Select(found =>
                    shown.Contains(found.Resource.Id)
                        ? found with
                        {
                            Members = few is null ? Later(found.Resource.Id) : Now(few[found.Resource.Id]),
                        }
                        : found
                ),
            ],
            few is null
        );

        static MemberSource Now(List<MemberOfGroup> members) => take => take(members.ToArray()).AsTask();

        MemberSource Later(Guid group) =>
            take =>
                session.QueryAsync(
                    MemberRows.Statements([Arg.Uuid(session.Tenant.Value), Arg.Uuid(group)]),
                    async rows =>
                    {
                        await MemberRows.StreamAsync(rows, take);
                        return 0;
                    },
                    cancellationToken
                );
    }

    /// <summary>Null when they are many.</summary>
    private Task<Dictionary<Guid, List<MemberOfGroup>>?> ReadFewAsync(
        Guid[] groups,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync(
            [
                new Statement(Users(session.Dialect), Arg.Uuid(session.Tenant.Value), Arg.Uuids(groups)),
                new Statement(Groups(session.Dialect), Arg.Uuid(session.Tenant.Value), Arg.Uuids(groups)),
            ],
            async rows =>
            {
                var byGroup = groups.ToDictionary(id => id, _ => new List<MemberOfGroup>());
                var count = 0;
                for (var isGroup = false; ; isGroup = true)
                {
                    while (await rows.ReadAsync())
                    {
                        var group = rows.Uuid(0);
                        byGroup[group].Add(new MemberOfGroup(rows.Uuid(1), isGroup, rows.TextOrNull(2)));
                        count++;
                    }

                    if (isGroup)
                    {
                        return count <= Few ? byGroup : null;
                    }

                    await rows.NextAsync();
                }
            },
            cancellationToken
        );
}
