using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Application.Users;
using Scim.Domain.Errors;
using Scim.Domain.Resources;
using Scim.Domain.Text;
using Scim.Domain.Users;
using Scim.Infrastructure.Persistence.Groups;

namespace Scim.Infrastructure.Persistence.Users;

internal sealed class UserStore(
    ITenantSession session,
    IMembershipWriter memberships,
    ISchemaCatalog schemas,
    RequestContext request
) : IUserStore
{
    private const int OptimisticAttempts = 4;

    /// <summary>All that a creation fills in, in the order of its arguments.</summary>
    public const string Columns = """
        tenant_id, id, user_name_key, external_id, display_name_key, family_name_key, given_name_key, email_key,
        user_name_reversed, display_name_reversed, email_reversed, active, display, manager_id, manager_at,
        document, folded, password_hash, version, created_at, last_modified
        """;

    private const string Insert = $"""
        insert into users ({Columns})
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 1, $19, $19)
        on conflict do nothing
        """;

    private const string Update = """
        update users
           set user_name_key = $3, external_id = $4, display_name_key = $5, family_name_key = $6, given_name_key = $7, email_key = $8,
               user_name_reversed = $9, display_name_reversed = $10, email_reversed = $11,
               active = $12, display = $13, manager_id = $14, manager_at = $15, document = $16, folded = $17,
               password_hash = case when $18 then $19 else password_hash end, version = version + 1, last_modified = $20
         where tenant_id = $1 and id = $2 and version = $21
        """;

    private const string DeleteEmails =
        "delete from user_emails where tenant_id = $1 and user_id = $2 and exists (select 1 from head)";

    private readonly UniqueKeys _unique = new(session, "User", "users");

    public Task<StoredResource?> ReadAsync(ResourceId id, CancellationToken cancellationToken) =>
        ReadAsync(id.Value, "", cancellationToken);

    public async Task<StoredResource> AddAsync(User user, CancellationToken cancellationToken)
    {
        var keys = UserKeys.Of(user.Document);
        var stored = DocumentWriter.Write(user.Document, user.Id);
        var insert = new Statement(
            Insert,
            [
                Arg.Uuid(session.Tenant.Value),
                Arg.Uuid(user.Id),
                .. KeyArgs(keys, stored, user.Document),
                Arg.Text(user.PasswordHash),
                Arg.Time(user.Created),
            ]
        );
        var limit = (await schemas.GetAsync(cancellationToken)).Limits.Users;
        var mutation = new Mutation(
            insert,
            new JournalEntry("user.create", "User", user.Id.ToString("D"), Change: DocumentDiff.Write(user.Change!)),
            [
                ResourceCounters.Added(session, "User", limit),
                .. AddedEmails(user.Id, keys),
                .. _unique.Parts(user.Id, user.Document, null),
            ]
        );
        var (affected, read) = limit is { } most
            ? await WithinAsync(most, ApplyAsync, cancellationToken)
            : await ApplyAsync();
        if (affected == 0)
        {
            throw UserNameTaken();
        }

        return read
            ?? new StoredResource(user.Id, stored.Bytes, user.Version, user.Created, user.LastModified)
            {
                ManagerEnd = stored.ManagerEnd,
            };

        Task<(int, StoredResource?)> ApplyAsync() =>
            this.ApplyAsync(mutation, user, keys.ManagerId is not null, cancellationToken);
    }

    // Inside a transaction a savepoint, so that what follows can still be done.
    private async Task<T> WithinAsync<T>(long limit, Func<Task<T>> write, CancellationToken cancellationToken)
    {
        try
        {
            return session.InTransaction ? await session.TransactionAsync(write, cancellationToken) : await write();
        }
        catch (CeilingException)
        {
            throw ScimError.LimitReached("users", limit);
        }
    }

    public async Task<IReadOnlyList<CreatedUser>> AddAllAsync(
        IReadOnlyList<User> users,
        CancellationToken cancellationToken
    )
    {
        // A statement saves no round trip on SQLite, and a unique value, or the last place of a limit, is told from
        // another by its own refusal.
        var limit = (await schemas.GetAsync(cancellationToken)).Limits.Users;
        if (
            session.Dialect.Provider == DatabaseProvider.PostgreSql
            && users.Count > 0
            && users[0].Document.Schema.Unique.Count == 0
            && limit is null
        )
        {
            return await AddTogetherAsync(users, cancellationToken);
        }

        var results = new List<CreatedUser>(users.Count);
        foreach (var user in users)
        {
            try
            {
                results.Add(new CreatedUser(await AddAsync(user, cancellationToken), null));
            }
            catch (ScimException exception) when (exception.Error.Status < 500)
            {
                results.Add(new CreatedUser(null, exception.Error));
            }
        }

        return results;
    }

    public async Task<StoredResource> ChangeAsync(
        ResourceId id,
        IfMatch? ifMatch,
        string operation,
        Action<User> change,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; attempt < OptimisticAttempts; attempt++)
        {
            if (await TryChangeAsync(id, ifMatch, operation, change, "", cancellationToken) is { } changed)
            {
                return changed;
            }
        }

        return await session.TransactionAsync(
                () => TryChangeAsync(id, ifMatch, operation, change, session.Dialect.ForUpdate, cancellationToken),
                cancellationToken
            ) ?? throw new TransientDatabaseException("The user changed under its own row lock.");
    }

    public async Task DeleteAsync(ResourceId id, IfMatch? ifMatch, CancellationToken cancellationToken)
    {
        var tenant = await schemas.GetAsync(cancellationToken);
        Statement[] parts =
        [
            ResourceCounters.Removed(session, "User", tenant.Limits.Users),
            Own(DeleteEmails, id.Value),
            .. _unique.Released(id.Value, tenant.User),
        ];
        await memberships.DeleteUserAsync(new Deletion(id.Value, ifMatch, parts), cancellationToken);
    }

    private async Task<IReadOnlyList<CreatedUser>> AddTogetherAsync(
        IReadOnlyList<User> users,
        CancellationToken cancellationToken
    )
    {
        var batch = new UserBatch(users.Count);
        foreach (var user in users)
        {
            batch.Add(user);
        }

        var added = await session.QueryAsync(
            [batch.Insert(session, request, users[0].Created)],
            static async rows =>
            {
                var ids = new HashSet<Guid>();
                while (await rows.ReadAsync())
                {
                    ids.Add(rows.Uuid(0));
                }

                return ids;
            },
            cancellationToken
        );
        var results = new List<CreatedUser>(users.Count);
        for (var i = 0; i < users.Count; i++)
        {
            results.Add(
                !added.Contains(users[i].Id) ? new CreatedUser(null, UserNameTaken().Error)
                : batch.HasManager(i) ? new CreatedUser(await ReadAsync(users[i].Id, "", cancellationToken), null)
                : new CreatedUser(batch.Stored(i), null)
            );
        }

        return results;
    }

    /// <summary>Null when another writer was faster.</summary>
    private async Task<StoredResource?> TryChangeAsync(
        ResourceId id,
        IfMatch? ifMatch,
        string operation,
        Action<User> change,
        string rowLock,
        CancellationToken cancellationToken
    )
    {
        var current =
            await ReadAsync(id.Value, rowLock, cancellationToken) ?? throw ScimError.NotFound("User", id.ToString());
        if (ifMatch?.Accepts(current.Version) == false)
        {
            throw ScimError.VersionMismatch();
        }

        var schema = (await schemas.GetAsync(cancellationToken)).User;
        var user = User.Load(
            id.Value,
            DocumentReader.ReadStored(current.Document.Span, schema),
            current.Version,
            current.Created,
            current.LastModified
        );
        change(user);
        if (user.Change is null)
        {
            return current;
        }

        var stored = DocumentWriter.Write(user.Document, user.Id);
        var keys = UserKeys.Of(user.Document);
        var before = UserKeys.Of(user.Change.Before!);
        try
        {
            var (affected, read) = await ApplyAsync(
                Change(user, keys, before, stored, operation),
                user,
                keys.ManagerId != before.ManagerId,
                cancellationToken
            );
            return affected == 0
                ? null
                : read
                    ?? current with
                    {
                        Document = stored.Bytes,
                        ManagerEnd = stored.ManagerEnd,
                        Version = user.Version,
                        LastModified = user.LastModified,
                    };
        }
        catch (UniqueViolationException)
        {
            throw UserNameTaken();
        }
    }

    /// <param name="isRead">Another manager: what is shown of it stands in its own row.</param>
    private Task<(int Affected, StoredResource? Read)> ApplyAsync(
        Mutation mutation,
        User user,
        bool isRead,
        CancellationToken cancellationToken
    ) =>
        _unique.GuardAsync(
            user.Id,
            user.Document,
            user.Change!.Before,
            async () =>
                isRead
                    ? await session.ApplyAsync(
                        mutation,
                        Own(UserRows.ById(session.Dialect, ""), user.Id),
                        ReadOneAsync,
                        cancellationToken
                    )
                    : (await session.ApplyAsync(mutation, cancellationToken), null),
            cancellationToken
        );

    private Mutation Change(User user, UserKeys keys, UserKeys before, StoredDocument stored, string operation)
    {
        var update = new Statement(
            Update,
            [
                Arg.Uuid(session.Tenant.Value),
                Arg.Uuid(user.Id),
                .. KeyArgs(keys, stored, user.Document),
                Arg.Bool(user.PasswordChanged),
                Arg.Text(user.PasswordHash),
                Arg.Time(user.LastModified),
                Arg.Int(user.Version - 1),
            ]
        );
        return new Mutation(
            update,
            new JournalEntry(operation, "User", user.Id.ToString("D"), Change: DocumentDiff.Write(user.Change!)),
            [
                .. keys.Emails.SequenceEqual(before.Emails)
                    ? Array.Empty<Statement>()
                    : [.. RemovedEmails(user.Id, keys, before), .. AddedEmails(user.Id, keys)],
                .. keys.Display == before.Display
                    ? Array.Empty<Statement>()
                    : [GroupCounters.UserRenamed(session, user.Id, user.LastModified)],
                .. _unique.Parts(user.Id, user.Document, user.Change!.Before),
            ]
        );
    }

    private Statement Own(string sql, Guid id) => new(sql, Arg.Uuid(session.Tenant.Value), Arg.Uuid(id));

    private Task<StoredResource?> ReadAsync(Guid id, string rowLock, CancellationToken cancellationToken) =>
        session.QueryAsync([Own(UserRows.ById(session.Dialect, rowLock), id)], ReadOneAsync, cancellationToken);

    private static async ValueTask<StoredResource?> ReadOneAsync(Rows rows) =>
        await rows.ReadAsync() ? UserRows.ReadOne(rows) : null;

    private static IEnumerable<Arg> KeyArgs(UserKeys keys, StoredDocument stored, Document document) =>
        [
            Arg.Text(keys.UserName),
            Arg.Text(keys.ExternalId),
            Arg.Text(keys.DisplayName),
            Arg.Text(keys.FamilyName),
            Arg.Text(keys.GivenName),
            Arg.Text(keys.FirstEmail),
            Reversed(keys.UserName),
            Reversed(keys.DisplayName),
            Reversed(keys.FirstEmail),
            Arg.Bool(keys.Active),
            Arg.Text(keys.Display),
            Arg.Uuid(keys.ManagerId),
            Arg.Int(stored.ManagerEnd),
            Arg.Json(stored.Bytes),
            Arg.Json(DocumentWriter.WriteFolded(document)),
        ];

    private static Arg Reversed(string? key) => Arg.Text(key is null ? null : Folding.Reverse(key));

    // Only the second and further e-mails are rows of their own.
    private IEnumerable<Statement> AddedEmails(Guid id, UserKeys keys)
    {
        if (keys.Emails.Count > 1)
        {
            yield return new Statement(
                $"insert into user_emails (tenant_id, user_id, email_key, email_reversed) select $1, $2, t.value, t.reversed from head, {session.Dialect.TextPairs(3, 4)} where true on conflict do nothing",
                Arg.Uuid(session.Tenant.Value),
                Arg.Uuid(id),
                Arg.Texts([.. keys.Emails.Skip(1)]),
                Arg.Texts([.. keys.Emails.Skip(1).Select(Folding.Reverse)])
            );
        }
    }

    private IEnumerable<Statement> RemovedEmails(Guid id, UserKeys keys, UserKeys before)
    {
        if (before.Emails.Count > 1)
        {
            yield return new Statement(
                $"delete from user_emails where tenant_id = $1 and user_id = $2 and exists (select 1 from head) and email_key not in (select t.value from {session.Dialect.TextSet(3)})",
                Arg.Uuid(session.Tenant.Value),
                Arg.Uuid(id),
                Arg.Texts([.. keys.Emails.Skip(1)])
            );
        }
    }

    private static ScimException UserNameTaken() =>
        ScimError.Uniqueness("userName is taken by another user of this tenant (RFC 7643 §4.1.1).");
}
