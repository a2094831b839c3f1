using Scim.Application.Common;
using Scim.Application.Groups;
using Scim.Application.Schemas;
using Scim.Domain.Errors;
using Scim.Domain.Groups;
using Scim.Domain.Resources;
using Scim.Domain.Text;

namespace Scim.Infrastructure.Persistence.Groups;

internal sealed class GroupStore(
    ITenantSession session,
    IMembershipWriter writer,
    ISchemaCatalog schemas,
    TimeProvider clock
) : IGroupStore
{
    private const int OptimisticAttempts = 4;

    private const string Insert = """
        insert into groups (tenant_id, id, display_name_key, name_claim, external_id, display, document, folded, display_name_reversed,
                            version, created_at, last_modified)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $10
        """;

    private const string Update = """
        update groups
           set display_name_key = $3, name_claim = $4, external_id = $5, display = $6, document = $7, folded = $8,
               display_name_reversed = $9, version = version + 1, last_modified = $10
         where tenant_id = $1 and id = $2
        """;

    private readonly UniqueKeys _unique = new(session, "Group", "groups");

    private readonly MembershipShortcuts _shortcuts = new(session, clock);

    public Task<StoredResource?> ReadAsync(ResourceId id, CancellationToken cancellationToken) =>
        ReadAsync(id.Value, "", cancellationToken);

    public Task<bool> StreamAsync(
        ResourceId id,
        Func<StoredResource, ValueTask<bool>> head,
        Func<ReadOnlyMemory<MemberOfGroup>, ValueTask> members,
        CancellationToken cancellationToken
    ) =>
        session.SnapshotAsync(
            [Own(GroupRows.ById(), id.Value), .. MemberRows.Statements(Own(id.Value))],
            async rows =>
            {
                if (!await rows.ReadAsync())
                {
                    return false;
                }

                if (await head(GroupRows.Read(rows)))
                {
                    await rows.NextAsync();
                    await MemberRows.StreamAsync(rows, members);
                }

                return true;
            },
            cancellationToken
        );

    public async Task AddAsync(Group group, MembershipChange members, CancellationToken cancellationToken)
    {
        var ids = members.Steps.SelectMany(step => step.Ids).Distinct().ToArray();
        if (members.Steps.Select(step => step.Unknown).FirstOrDefault(id => id is not null) is { } unknown)
        {
            throw MembershipErrors.UnknownMember(unknown);
        }

        var change = DocumentDiff.Write(group.Change!);
        var insert = new Statement(
            Insertion(ids),
            [
                .. await KeyArgsAsync(group, cancellationToken),
                Arg.Time(group.Created),
                .. ids.Length == 0 ? Array.Empty<Arg>() : [Arg.Uuids(ids), Arg.Int(ids.Length)],
            ]
        );
        var mutation = new Mutation(
            insert,
            new JournalEntry(
                "group.create",
                "Group",
                group.Id.ToString("D"),
                Change: ids.Length == 0 ? change : $"{change[..^1]},{MembershipEffect.Inner(ids, [])}}}"
            ),
            [
                ResourceCounters.Added(session, "Group"),
                .. ids.Length == 0 ? Array.Empty<Statement>() : FirstMembers(group.Id, ids),
                .. _unique.Parts(group.Id, group.Document, null),
            ]
        );
        var applied = await _unique.GuardAsync(
            group.Id,
            group.Document,
            null,
            () => session.ApplyAsync(mutation, cancellationToken),
            cancellationToken
        );
        if (applied == 0)
        {
            throw await UnknownAmongAsync(ids, cancellationToken) is { } stranger
                ? MembershipErrors.UnknownMember(stranger.ToString("D"))
                : NameTaken();
        }
    }

    public async Task ChangeAsync(
        ResourceId id,
        IfMatch? ifMatch,
        string operation,
        Func<Group, MembershipChange> change,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; attempt < OptimisticAttempts; attempt++)
        {
            if (await TryChangeAsync(id, ifMatch, operation, change, "", cancellationToken))
            {
                return;
            }
        }

        await session.TransactionAsync(
            async () =>
                await TryChangeAsync(id, ifMatch, operation, change, session.Dialect.ForUpdate, cancellationToken)
                    ? 0
                    : throw new TransientDatabaseException("The group changed under its own row lock."),
            cancellationToken
        );
    }

    public async Task ChangeMembersAsync(
        ResourceId id,
        IfMatch? ifMatch,
        MembershipChange change,
        CancellationToken cancellationToken
    )
    {
        if (ifMatch is null && await _shortcuts.TryAsync(id.Value, change, cancellationToken))
        {
            return;
        }

        await writer.ChangeAsync(
            new GroupChange(id.Value, MembershipEffect.Operation(change), change, ifMatch),
            cancellationToken
        );
    }

    public async Task DeleteAsync(ResourceId id, IfMatch? ifMatch, CancellationToken cancellationToken)
    {
        var schema = (await schemas.GetAsync(cancellationToken)).Group;
        await writer.DeleteGroupAsync(
            new Deletion(
                id.Value,
                ifMatch,
                [ResourceCounters.Removed(session, "Group"), .. _unique.Released(id.Value, schema)]
            ),
            cancellationToken
        );
    }

    /// <summary>False when another writer was faster.</summary>
    private async Task<bool> TryChangeAsync(
        ResourceId id,
        IfMatch? ifMatch,
        string operation,
        Func<Group, MembershipChange> change,
        string rowLock,
        CancellationToken cancellationToken
    )
    {
        var (current, rowVersion) =
            await session.QueryAsync(
                [Own(GroupRows.WithRowVersion(rowLock), id.Value)],
                static async rows =>
                    await rows.ReadAsync()
                        ? (GroupRows.Read(rows), rows.Int(GroupRows.Columns))
                        : ((StoredResource, long)?)null,
                cancellationToken
            ) ?? throw ScimError.NotFound("Group", id.ToString());
        if (ifMatch?.Accepts(current.Version) == false)
        {
            throw ScimError.VersionMismatch();
        }

        var schema = (await schemas.GetAsync(cancellationToken)).Group;
        var group = Group.Load(
            id.Value,
            DocumentReader.ReadStored(current.Document.Span, schema),
            current.Version,
            current.Created,
            current.LastModified
        );
        var members = change(group);
        if (group.Change is null && members.IsEmpty)
        {
            return true;
        }

        var write = new GroupChange(
            id.Value,
            operation,
            members,
            ifMatch,
            group.Change is null ? null : await UpdateAsync(group, rowVersion, cancellationToken)
        );
        try
        {
            return await _unique.GuardAsync(
                id.Value,
                group.Document,
                group.Change is null ? group.Document : group.Change.Before,
                () => writer.ChangeAsync(write, cancellationToken),
                cancellationToken
            );
        }
        catch (UniqueViolationException)
        {
            throw NameTaken();
        }
    }

    private async Task<GroupUpdate> UpdateAsync(Group group, long rowVersion, CancellationToken cancellationToken) =>
        new(
            new Statement(Update, [.. await KeyArgsAsync(group, cancellationToken), Arg.Time(group.LastModified)]),
            rowVersion,
            DocumentDiff.Write(group.Change!),
            [
                .. group.Change!.Before!.Text("displayName") == group.DisplayName
                    ? Array.Empty<Statement>()
                    : [GroupCounters.GroupRenamed(session, group.Id, group.LastModified)],
                .. _unique.Parts(group.Id, group.Document, group.Change!.Before),
            ]
        );

    // Whoever is to be a member must be a user or a group. (SQLite cannot tell the conflict clause from a join without a where.)
    private string Insertion(Guid[] ids)
    {
        var condition =
            ids.Length == 0
                ? "true"
                : $"""
                    $12 = (select count(*) from users u where u.tenant_id = $1 and {session.Dialect.AnyUuid(
                        "u.id",
                        11
                    )})
                            + (select count(*) from groups g where g.tenant_id = $1 and {session.Dialect.AnyUuid(
                        "g.id",
                        11
                    )})
                    """;
        return $"{Insert} where {condition} on conflict do nothing";
    }

    private Statement[] FirstMembers(Guid group, Guid[] ids)
    {
        return [Those("group_members", "user_id", "users"), Those("group_nestings", "child_id", "groups")];

        Statement Those(string table, string column, string from) =>
            new(
                $"insert into {table} (tenant_id, group_id, {column}) select $1, $2, t.id from head, {from} t where t.tenant_id = $1 and {session.Dialect.AnyUuid("t.id", 3)}",
                Arg.Uuid(session.Tenant.Value),
                Arg.Uuid(group),
                Arg.Uuids(ids)
            );
    }

    private Task<Guid?> UnknownAmongAsync(Guid[] ids, CancellationToken cancellationToken) =>
        session.QueryAsync(
            [
                new Statement(
                    MembershipSteps.UnknownAmong(session.Dialect),
                    Arg.Uuid(session.Tenant.Value),
                    Arg.Uuids(ids)
                ),
            ],
            static async rows => await rows.ReadAsync() ? rows.Uuid(0) : (Guid?)null,
            cancellationToken
        );

    private Task<StoredResource?> ReadAsync(Guid id, string rowLock, CancellationToken cancellationToken) =>
        session.QueryAsync(
            [Own(GroupRows.ById(rowLock), id)],
            static async rows => await rows.ReadAsync() ? GroupRows.Read(rows) : null,
            cancellationToken
        );

    private async Task<Arg[]> KeyArgsAsync(Group group, CancellationToken cancellationToken)
    {
        var name = Folding.Fold(group.DisplayName);
        var unique = (await schemas.GetAsync(cancellationToken)).UniqueGroupNames;
        return
        [
            Arg.Uuid(session.Tenant.Value),
            Arg.Uuid(group.Id),
            Arg.Text(name),
            Arg.Text(unique ? name : null),
            Arg.Text(group.Document.Text("externalId")),
            Arg.Text(group.DisplayName),
            Arg.Json(DocumentWriter.Write(group.Document, group.Id).Bytes),
            Arg.Json(DocumentWriter.WriteFolded(group.Document)),
            Arg.Text(Folding.Reverse(name)),
        ];
    }

    private Statement Own(string sql, Guid id) => new(sql, Own(id));

    private Arg[] Own(Guid id) => [Arg.Uuid(session.Tenant.Value), Arg.Uuid(id)];

    private static ScimException NameTaken() =>
        ScimError.Uniqueness(
            "displayName is taken by another group of this tenant (tenant setting groups.uniqueDisplayName)."
        );
}
