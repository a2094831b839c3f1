using Scim.Application.Common;
using Scim.Application.Groups;
using Scim.Application.Schemas;
using Scim.Domain.Errors;
using Scim.Domain.Groups;
using Scim.Domain.Resources;
using Scim.Domain.Text;

namespace Scim.Infrastructure.Persistence.Groups;

internal sealed class GroupStore(ITenantSession session, ISchemaCatalog schemas, TimeProvider clock) : IGroupStore
{
    private const int MemberBatch = 512;

    private const string Insert = """
        insert into groups (tenant_id, id, display_name_key, name_claim, external_id, display, document, folded, version, created_at, last_modified)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9)
        on conflict do nothing
        """;

    private const string Update = """
        update groups
           set display_name_key = $3, name_claim = $4, external_id = $5, display = $6, document = $7, folded = $8,
               version = version + 1, last_modified = $9
         where tenant_id = $1 and id = $2
        """;

    private const string Parents =
        "select group_id from group_nestings where tenant_id = $1 and child_id = $2 and group_id <> $2 order by group_id";

    private const string DeleteMembers = "delete from group_members where tenant_id = $1 and group_id = $2";

    private const string DeleteNestings =
        "delete from group_nestings where tenant_id = $1 and (group_id = $2 or child_id = $2)";

    private const string DeleteCounters = "delete from group_counters where tenant_id = $1 and group_id = $2";

    private const string DeleteRow = "delete from groups where tenant_id = $1 and id = $2";

    private const string UserMembers = """
        select gm.user_id, u.display from group_members gm
          join users u on u.tenant_id = gm.tenant_id and u.id = gm.user_id
         where gm.tenant_id = $1 and gm.group_id = $2
         order by gm.user_id
        """;

    private const string GroupMembers = """
        select gn.child_id, g.display from group_nestings gn
          join groups g on g.tenant_id = gn.tenant_id and g.id = gn.child_id
         where gn.tenant_id = $1 and gn.group_id = $2
         order by gn.child_id
        """;

    private readonly Memberships _memberships = new(session);

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
            [Own(GroupRows.ById(), id.Value), Own(UserMembers, id.Value), Own(GroupMembers, id.Value)],
            async rows =>
            {
                if (!await rows.ReadAsync())
                {
                    return false;
                }

                if (await head(GroupRows.Read(rows)))
                {
                    await StreamMembersAsync(rows, members);
                }

                return true;
            },
            cancellationToken
        );

    public async Task AddAsync(Group group, MembershipChange members, CancellationToken cancellationToken)
    {
        var insert = new Statement(Insert, [.. await KeyArgsAsync(group, cancellationToken), Arg.Time(group.Created)]);
        var counter = ResourceCounters.Part(session.Tenant.Value, "Group", 1);
        if (members.IsEmpty)
        {
            await InsertAsync(DocumentDiff.Write(group.Change!));
            return;
        }

        await session.TransactionAsync(
            async () =>
            {
                // The journal row names the members that went in, so it is written after them.
                await InsertAsync(change: null);
                var effect = await _memberships.ApplyAsync(group.Id, members, cancellationToken);
                await session.AppendJournalAsync(
                    new JournalEntry("group.create", "Group", group.Id.ToString("D"), Change: Merge(group, effect)),
                    cancellationToken
                );
                return 0;
            },
            cancellationToken
        );

        async Task InsertAsync(string? change)
        {
            try
            {
                var applied = change is null
                    ? await session.ExecuteAsync(insert, cancellationToken)
                    : await session.ApplyAsync(
                        new Mutation(
                            insert,
                            new JournalEntry("group.create", "Group", group.Id.ToString("D"), Change: change),
                            counter
                        ),
                        cancellationToken
                    );
                if (applied == 0)
                {
                    throw NameTaken();
                }
            }
            catch (UniqueViolationException)
            {
                throw NameTaken();
            }

            if (change is null)
            {
                await session.ExecuteAsync(ResourceCounters.Alone(session.Tenant.Value, "Group", 1), cancellationToken);
            }
        }
    }

    public Task ChangeAsync(
        ResourceId id,
        IfMatch? ifMatch,
        string operation,
        Func<Group, MembershipChange> change,
        CancellationToken cancellationToken
    ) =>
        session.TransactionAsync(
            async () =>
            {
                var current = await LockAsync(id, ifMatch, session.Dialect.ForNoKeyUpdate, cancellationToken);
                var schema = (await schemas.GetAsync(cancellationToken)).Group;
                var group = Group.Load(
                    id.Value,
                    DocumentReader.ReadStored(current.Document.Span, schema),
                    current.Version,
                    current.Created,
                    current.LastModified
                );
                var members = change(group);
                var effect = await _memberships.ApplyAsync(id.Value, members, cancellationToken);
                await WriteAsync(group, effect, operation, cancellationToken);
                return 0;
            },
            cancellationToken
        );

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

        await session.TransactionAsync(
            async () =>
            {
                await LockAsync(id, ifMatch, session.Dialect.ForKeyShare, cancellationToken);
                var effect = await _memberships.ApplyAsync(id.Value, change, cancellationToken);
                if (!effect.IsEmpty)
                {
                    await BumpAsync(id.Value, "group.patch", effect.ToString(), null, cancellationToken);
                }

                return 0;
            },
            cancellationToken
        );
    }

    public Task DeleteAsync(ResourceId id, IfMatch? ifMatch, CancellationToken cancellationToken) =>
        session.TransactionAsync(
            async () =>
            {
                await LockAsync(id, ifMatch, session.Dialect.ForUpdate, cancellationToken);
                foreach (var parent in await ParentsAsync(id.Value, cancellationToken))
                {
                    await BumpAsync(
                        parent,
                        "group.patch",
                        MembershipEffect.Write([], [id.Value]),
                        "member deleted",
                        cancellationToken
                    );
                }

                await session.ExecuteAsync(Own(DeleteMembers, id.Value), cancellationToken);
                await session.ExecuteAsync(Own(DeleteNestings, id.Value), cancellationToken);
                await session.ExecuteAsync(Own(DeleteCounters, id.Value), cancellationToken);
                return await session.ApplyAsync(
                    new Mutation(
                        Own(DeleteRow, id.Value),
                        new JournalEntry("group.delete", "Group", id.ToString()),
                        ResourceCounters.Part(session.Tenant.Value, "Group", -1)
                    ),
                    cancellationToken
                );
            },
            cancellationToken
        );

    /// <summary>
    /// With If-Match the group is locked against membership changes too (they hold its key), since they change the version.
    /// </summary>
    private async Task<StoredResource> LockAsync(
        ResourceId id,
        IfMatch? ifMatch,
        string rowLock,
        CancellationToken cancellationToken
    )
    {
        if (ifMatch is not null)
        {
            rowLock = session.Dialect.ForUpdate;
        }

        var current =
            await ReadAsync(id.Value, rowLock, cancellationToken) ?? throw ScimError.NotFound("Group", id.ToString());
        if (ifMatch is not null && rowLock.Length > 0)
        {
            // The counters were read before the lock was granted; read them again under it.
            current =
                await ReadAsync(id.Value, "", cancellationToken) ?? throw ScimError.NotFound("Group", id.ToString());
        }

        return ifMatch?.Accepts(current.Version) == false ? throw ScimError.VersionMismatch() : current;
    }

    private async Task WriteAsync(
        Group group,
        MembershipEffect effect,
        string operation,
        CancellationToken cancellationToken
    )
    {
        if (group.Change is null)
        {
            if (!effect.IsEmpty)
            {
                await BumpAsync(group.Id, operation, effect.ToString(), null, cancellationToken);
            }

            return;
        }

        var update = new Statement(
            Update,
            [.. await KeyArgsAsync(group, cancellationToken), Arg.Time(group.LastModified)]
        );
        try
        {
            await session.ApplyAsync(
                new Mutation(
                    update,
                    new JournalEntry(operation, "Group", group.Id.ToString("D"), Change: Merge(group, effect)),
                    group.Change.Before!.Text("displayName") == group.DisplayName
                        ? []
                        : [GroupCounters.GroupRenamed(session.Tenant.Value, group.Id, group.LastModified)]
                ),
                cancellationToken
            );
        }
        catch (UniqueViolationException)
        {
            throw NameTaken();
        }
    }

    private Task<int> BumpAsync(
        Guid group,
        string operation,
        string change,
        string? detail,
        CancellationToken cancellationToken
    ) =>
        session.ApplyAsync(
            new Mutation(
                GroupCounters.BumpOne(session.Tenant.Value, group, clock.Now()),
                new JournalEntry(operation, "Group", group.ToString("D"), Change: change, Detail: detail)
            ),
            cancellationToken
        );

    private Task<List<Guid>> ParentsAsync(Guid id, CancellationToken cancellationToken) =>
        session.QueryAsync(
            [Own(Parents, id)],
            async rows =>
            {
                var parents = new List<Guid>();
                while (await rows.ReadAsync())
                {
                    parents.Add(rows.Uuid(0));
                }

                return parents;
            },
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
        ];
    }

    private static async ValueTask StreamMembersAsync(Rows rows, Func<ReadOnlyMemory<MemberOfGroup>, ValueTask> members)
    {
        var batch = new MemberOfGroup[MemberBatch];
        var used = 0;
        for (var isGroup = false; await rows.NextAsync(); isGroup = true)
        {
            while (await rows.ReadAsync())
            {
                batch[used++] = new MemberOfGroup(rows.Uuid(0), isGroup, rows.TextOrNull(1));
                if (used == batch.Length)
                {
                    await members(batch);
                    used = 0;
                }
            }
        }

        if (used > 0)
        {
            await members(batch.AsMemory(0, used));
        }
    }

    private static string Merge(Group group, MembershipEffect effect)
    {
        var change = DocumentDiff.Write(group.Change!);
        return effect.IsEmpty ? change : $"{change[..^1]},{effect.Inner()}}}";
    }

    private Statement Own(string sql, Guid id) => new(sql, Arg.Uuid(session.Tenant.Value), Arg.Uuid(id));

    private static ScimException NameTaken() =>
        ScimError.Uniqueness(
            "displayName is taken by another group of this tenant (tenant setting groups.uniqueDisplayName)."
        );
}
