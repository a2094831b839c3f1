using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Infrastructure.Persistence.Groups;

/// <summary>In steps, while the writer is this transaction's alone; a step costs no round trip here.</summary>
internal sealed class SqliteMembershipWriter(ITenantSession session, RequestContext request, TimeProvider clock)
    : IMembershipWriter
{
    private const string Group =
        $"select r.version, {GroupCounters.Version}, r.document from groups r where r.tenant_id = $1 and r.id = $2";

    private const string User =
        "select r.version, r.version, r.document from users r where r.tenant_id = $1 and r.id = $2";

    private const string DeleteAlone = """
        delete from users
         where tenant_id = $1 and id = $2 and version = $3
           and not exists (select 1 from group_members where tenant_id = $1 and user_id = $2)
        """;

    private const string Parents =
        "select group_id from group_nestings where tenant_id = $1 and child_id = $2 and group_id <> $2 order by group_id";

    private const string GroupsOfUser =
        "select group_id from group_members where tenant_id = $1 and user_id = $2 order by group_id";

    private readonly MembershipSteps _steps = new(session, request);

    public Task<bool> ChangeAsync(GroupChange change, CancellationToken cancellationToken) =>
        session.TransactionAsync(
            async () =>
            {
                var (rowVersion, _) = await CheckAsync("Group", Group, change.Group, change.IfMatch, cancellationToken);
                if (change.Update is { } update && update.RowVersion != rowVersion)
                {
                    return false;
                }

                var effect = await _steps.ApplyAsync(change.Group, change.Members, cancellationToken);
                await WriteAsync(change, effect, cancellationToken);
                return true;
            },
            cancellationToken
        );

    public Task DeleteGroupAsync(Deletion deletion, CancellationToken cancellationToken) =>
        DeleteAsync(
            deletion,
            "Group",
            Group,
            Parents,
            [
                "delete from group_members where tenant_id = $1 and group_id = $2",
                "delete from group_nestings where tenant_id = $1 and (group_id = $2 or child_id = $2)",
                "delete from group_counters where tenant_id = $1 and group_id = $2",
            ],
            "delete from groups where tenant_id = $1 and id = $2",
            cancellationToken
        );

    public async Task DeleteUserAsync(Deletion deletion, CancellationToken cancellationToken)
    {
        if (deletion.IfMatch is null && await DeleteAloneAsync(deletion, cancellationToken))
        {
            return;
        }

        await DeleteAsync(
            deletion,
            "User",
            User,
            GroupsOfUser,
            ["delete from group_members where tenant_id = $1 and user_id = $2"],
            "delete from users where tenant_id = $1 and id = $2",
            cancellationToken
        );
    }

    /// <summary>A user who is in no group and is not changed meanwhile goes in a commit that other writers share.</summary>
    private async Task<bool> DeleteAloneAsync(Deletion deletion, CancellationToken cancellationToken)
    {
        var (version, document) = await CheckAsync("User", User, deletion.Id, null, cancellationToken);
        var row = new Statement(DeleteAlone, Arg.Uuid(session.Tenant.Value), Arg.Uuid(deletion.Id), Arg.Int(version));
        return await session.ApplyAsync(Deleting("User", row, document, deletion), cancellationToken) == 1;
    }

    private static Mutation Deleting(string type, Statement row, string document, Deletion deletion) =>
        new(
            row,
            new JournalEntry(
                $"{type.ToLowerInvariant()}.delete",
                type,
                deletion.Id.ToString("D"),
                Change: $"{{\"before\":{document}}}"
            ),
            deletion.Parts
        );

    private Task<int> DeleteAsync(
        Deletion deletion,
        string type,
        string select,
        string groups,
        string[] memberships,
        string row,
        CancellationToken cancellationToken
    ) =>
        session.TransactionAsync(
            async () =>
            {
                var (_, document) = await CheckAsync(type, select, deletion.Id, deletion.IfMatch, cancellationToken);
                var left = MembershipEffect.Write([], [deletion.Id]);
                foreach (var group in await IdsAsync(groups, deletion.Id, cancellationToken))
                {
                    await BumpAsync(group, MembershipEffect.Removed, left, "member deleted", cancellationToken);
                }

                foreach (var sql in memberships)
                {
                    await session.ExecuteAsync(Own(sql, deletion.Id), cancellationToken);
                }

                return await session.ApplyAsync(
                    Deleting(type, Own(row, deletion.Id), document, deletion),
                    cancellationToken
                );
            },
            cancellationToken
        );

    private Task<int> WriteAsync(GroupChange change, MembershipEffect effect, CancellationToken cancellationToken)
    {
        if (change.Update is { } update)
        {
            var text = effect.IsEmpty ? update.Change : $"{update.Change[..^1]},{effect.Inner()}}}";
            var entry = new JournalEntry(change.Operation, "Group", change.Group.ToString("D"), Change: text);
            return session.ApplyAsync(new Mutation(update.Row, entry, update.Parts), cancellationToken);
        }

        return effect.IsEmpty
            ? Task.FromResult(0)
            : BumpAsync(change.Group, change.Operation, effect.ToString(), null, cancellationToken);
    }

    /// <summary>The version of the row alone, and its document.</summary>
    private Task<(long RowVersion, string Document)> CheckAsync(
        string type,
        string sql,
        Guid id,
        IfMatch? ifMatch,
        CancellationToken cancellationToken
    ) =>
        session.QueryAsync(
            [Own(sql, id)],
            async rows =>
            {
                if (!await rows.ReadAsync())
                {
                    throw ScimError.NotFound(type, id.ToString("D"));
                }

                return ifMatch?.Accepts(rows.Int(1)) == false
                    ? throw ScimError.VersionMismatch()
                    : (rows.Int(0), rows.Text(2));
            },
            cancellationToken
        );

    private Task<int> BumpAsync(
        Guid group,
        string operation,
        string change,
        string? detail,
        CancellationToken cancellationToken
    ) =>
        session.ApplyAsync(
            new Mutation(
                GroupCounters.BumpOne(session, group, clock.Now()),
                new JournalEntry(operation, "Group", group.ToString("D"), Change: change, Detail: detail)
            ),
            cancellationToken
        );

    private Task<List<Guid>> IdsAsync(string sql, Guid id, CancellationToken cancellationToken) =>
        session.QueryAsync(
            [Own(sql, id)],
            static async rows =>
            {
                var ids = new List<Guid>();
                while (await rows.ReadAsync())
                {
                    ids.Add(rows.Uuid(0));
                }

                return ids;
            },
            cancellationToken
        );

    private Statement Own(string sql, Guid id) => new(sql, Arg.Uuid(session.Tenant.Value), Arg.Uuid(id));
}
