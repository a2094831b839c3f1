using Scim.Application.Common;
using Scim.Domain.Groups;

namespace Scim.Infrastructure.Persistence.Groups;

/// <summary>
/// The usual membership changes in one round trip: users who are not in the group go in, or one user goes out. Whatever
/// is not that simple changes nothing here and goes the general way (<see cref="Memberships"/>).
/// </summary>
internal sealed class MembershipShortcuts(ITenantSession session, TimeProvider clock)
{
    // The foreign keys hold the group and the user until the commit.
    private const string AddOne = """
        insert into group_members (tenant_id, group_id, user_id)
        select $1, g.id, u.id from groups g, users u
         where g.tenant_id = $1 and g.id = $2 and u.tenant_id = $1 and u.id = $3
        on conflict do nothing
        """;

    // The group is held as an addition holds it; the lock clause and the closing parenthesis follow.
    private const string RemoveOne = """
        delete from group_members
         where tenant_id = $1 and group_id = $2 and user_id = $3
           and group_id in (select id from groups where tenant_id = $1 and id = $2
        """;

    /// <summary>False when nothing was done.</summary>
    public async Task<bool> TryAsync(Guid group, MembershipChange change, CancellationToken cancellationToken)
    {
        if (change.Steps is not [{ Unknown: null } step])
        {
            return false;
        }

        return (step.Action, step.Ids.Count) switch
        {
            (MembershipAction.Add, 1) => await ApplyAsync(group, AddOne, step.Ids[0], [step.Ids[0]], []) == 1,
            (MembershipAction.Remove, 1) => await ApplyAsync(
                group,
                $"{RemoveOne} {session.Dialect.ForKeyShare})",
                step.Ids[0],
                [],
                [step.Ids[0]]
            ) == 1,
            (MembershipAction.Add, > 1) => await TryAddAllAsync(group, [.. step.Ids.Distinct()]),
            _ => false,
        };

        Task<int> ApplyAsync(Guid group, string sql, Guid user, Guid[] added, Guid[] removed) =>
            session.ApplyAsync(Mutation(group, sql, Arg.Uuid(user), added, removed), cancellationToken);

        // All or none, since the journal row names them all: each must be a user, and none may be in already.
        async Task<bool> TryAddAllAsync(Guid group, Guid[] users)
        {
            if (session.InTransaction)
            {
                // A lost race would fail the caller's transaction.
                return false;
            }

            // Counted one by one: asked for all at once, a plan for any group of average size reads all of a large one.
            var sql = $"""
                insert into group_members (tenant_id, group_id, user_id)
                select $1, g.id, u.id from groups g, users u
                 where g.tenant_id = $1 and g.id = $2 and u.tenant_id = $1 and {session.Dialect.AnyUuid("u.id", 3)}
                   and (select count(*) from users k where k.tenant_id = $1 and {session.Dialect.AnyUuid(
                    "k.id",
                    3
                )}) = $4
                   and not exists (select 1 from {session.Dialect.UuidSet(3)} where (
                                     select count(*) from group_members m
                                      where m.tenant_id = $1 and m.group_id = $2 and m.user_id = t.id) > 0)
                """;
            try
            {
                var mutation = Mutation(group, sql, Arg.Uuids(users), users, [], Arg.Int(users.Length));
                return await session.ApplyAsync(mutation, cancellationToken) > 0;
            }
            catch (UniqueViolationException)
            {
                return false;
            }
        }
    }

    private Mutation Mutation(Guid group, string sql, Arg users, Guid[] added, Guid[] removed, params Arg[] more) =>
        new(
            new Statement(sql, [Arg.Uuid(session.Tenant.Value), Arg.Uuid(group), users, .. more]),
            new JournalEntry(
                added.Length > 0 ? MembershipEffect.Added : MembershipEffect.Removed,
                "Group",
                group.ToString("D"),
                Change: MembershipEffect.Write(added, removed)
            ),
            GroupCounters.BumpPart(session, group, clock.Now())
        );
}
