using System.Globalization;
using Scim.Application.Common;
using Scim.Domain.Resources;
using Scim.Domain.Text;
using Scim.Domain.Users;
using Scim.Infrastructure.Persistence.Journal;

namespace Scim.Infrastructure.Persistence.Users;

/// <summary>
/// New users for one PostgreSQL statement: rows, further e-mails, the tenant's counter and a journal row for each that was
/// added. A user whose userName is taken, by another of the same statement too, is passed over. Columns go as arrays.
/// </summary>
internal sealed class UserBatch(int capacity)
{
    private const int FirstText = 2;

    // The columns after tenant and id that go as text, with their casts; the two documents stand before the last one.
    private static readonly string[] Casts =
    [
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "::boolean",
        "",
        "::uuid",
        "::integer",
        "",
    ];

    private readonly List<Guid> _ids = new(capacity);
    private readonly List<string?[]> _rows = new(capacity);
    private readonly List<StoredResource> _stored = new(capacity);
    private readonly List<bool> _managed = new(capacity);
    private readonly List<byte[]> _documents = new(capacity);
    private readonly List<byte[]?> _folded = new(capacity);
    private readonly List<string> _changes = new(capacity);
    private readonly List<Guid> _emailOwners = [];
    private readonly List<string> _emails = [];

    public bool HasManager(int index) => _managed[index];

    /// <summary>As it is when it was added; without what its manager's row shows.</summary>
    public StoredResource Stored(int index) => _stored[index];

    public void Add(User user)
    {
        var keys = UserKeys.Of(user.Document);
        var stored = DocumentWriter.Write(user.Document, user.Id);
        _ids.Add(user.Id);
        _managed.Add(keys.ManagerId is not null);
        _changes.Add(DocumentDiff.Write(user.Change!));
        _stored.Add(
            new StoredResource(user.Id, stored.Bytes, user.Version, user.Created, user.LastModified)
            {
                ManagerEnd = stored.ManagerEnd,
            }
        );
        _rows.Add([
            keys.UserName,
            keys.ExternalId,
            keys.DisplayName,
            keys.FamilyName,
            keys.GivenName,
            keys.FirstEmail,
            Folding.Reverse(keys.UserName),
            keys.DisplayName is null ? null : Folding.Reverse(keys.DisplayName),
            keys.FirstEmail is null ? null : Folding.Reverse(keys.FirstEmail),
            keys.Active ? "true" : "false",
            keys.Display,
            keys.ManagerId?.ToString("D"),
            stored.ManagerEnd?.ToString(CultureInfo.InvariantCulture),
            user.PasswordHash,
        ]);
        _documents.Add(stored.Bytes.ToArray());
        _folded.Add(DocumentWriter.WriteFolded(user.Document)?.ToArray());
        foreach (var email in keys.Emails.Skip(1))
        {
            _emailOwners.Add(user.Id);
            _emails.Add(email);
        }
    }

    /// <summary>Answers the ids of those that were added.</summary>
    public Statement Insert(ITenantSession session, RequestContext request, DateTimeOffset created)
    {
        var sql = new StatementText(Arg.Uuid(session.Tenant.Value), Arg.Uuids([.. _ids]));
        var arrays = Casts.Select((_, column) => sql.Add(Arg.Texts([.. _rows.Select(row => row[column])]))).ToList();
        var names = Casts.Select((_, column) => $"c{column + FirstText}").ToList();
        // Documents go as bytes: as text they would be twice as long here.
        var (documents, folded) = (sql.Add(Arg.ByteArrays([.. _documents])), sql.Add(Arg.ByteArrays([.. _folded])));
        var values = names.Zip(Casts, (name, cast) => $"t.{name}{cast}").ToList();
        values.InsertRange(
            values.Count - 1,
            ["convert_from(t.document, 'UTF8')::json", "convert_from(t.folded, 'UTF8')::json"]
        );
        var time = sql.Add(Arg.Time(created));
        sql.With(
            "applied",
            $"""
            insert into users ({UserStore.Columns})
            select $1, t.id, {string.Join(", ", values)}, 1, {time}, {time}
              from unnest($2, {string.Join(", ", arrays)}, {documents}, {folded})
                   with ordinality as t(id, {string.Join(", ", names)}, document, folded, position)
             order by t.position
            on conflict do nothing
            returning id
            """
        );
        sql.With(
            "counted",
            $"""
            insert into resource_counters (tenant_id, resource_type, stripe, value)
            select $1, 'User', {sql.Add(Arg.Int(session.Stripe))}, count(*) from applied having count(*) > 0
            on conflict (tenant_id, resource_type, stripe) do update
               set value = resource_counters.value + excluded.value, ceiling = null
            """
        );
        if (_emails.Count > 0)
        {
            sql.With(
                "emails",
                $"""
                insert into user_emails (tenant_id, user_id, email_key, email_reversed)
                select $1, t.id, t.email, t.reversed
                  from unnest({sql.Add(Arg.Uuids([.. _emailOwners]))}, {sql.Add(Arg.Texts([.. _emails]))}, {sql.Add(
                    Arg.Texts([.. _emails.Select(Folding.Reverse)])
                )}) as t(id, email, reversed)
                  join applied a on a.id = t.id
                on conflict do nothing
                """
            );
        }

        JournalSql.Append(
            sql,
            request,
            created,
            $"""
            select t.position, 'user.create' as operation, 'User' as resource_type, t.id::text as resource_id, null as detail, t.change
              from unnest($2, {sql.Add(Arg.Texts([.. _changes]))}) with ordinality as t(id, change, position)
              join applied a on a.id = t.id
            """
        );
        return sql.End("select id from applied");
    }
}
