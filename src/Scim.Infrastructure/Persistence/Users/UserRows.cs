using System.Collections.Concurrent;
using System.Text.Json;
using Scim.Domain.Resources;

namespace Scim.Infrastructure.Persistence.Users;

/// <summary>How a user is read from row <c>r</c>: stored bytes, the manager's name and derived groups in one statement.</summary>
internal static class UserRows
{
    public const int Columns = 10;

    private static readonly ConcurrentDictionary<(DatabaseProvider, string), string> ByIdSql = new();

    /// <summary>One user by $1 tenant and $2 id. Made once: a new text each time would cost more than the read.</summary>
    /// <param name="rowLock">A row lock of the dialect, or empty.</param>
    public static string ById(ISqlDialect dialect, string rowLock = "") =>
        ByIdSql.GetOrAdd(
            (dialect.Provider, rowLock),
            static (key, dialect) =>
                $"{Select(dialect, isOne: true)} where r.tenant_id = $1 and r.id = $2{(key.Item2.Length == 0 ? "" : $" {key.Item2} of r")}",
            dialect
        );

    /// <summary>Column list and tables; the condition on <c>r</c> follows. $1 is the tenant.</summary>
    /// <param name="extra">One more column, for sorting.</param>
    /// <param name="isOne">At most one row is expected: PostgreSQL then prefers the plan that is set up fastest.</param>
    public static string Select(ISqlDialect dialect, string? extra = null, bool isOne = false) =>
        $"""
            select r.id, r.document, r.version, r.created_at, r.last_modified, r.seq, r.manager_at, r.manager_id, {Manager}, {Groups(
                dialect,
                isOne
            )}{(extra is null ? "" : ", " + extra)}
              from users r
            """;

    public static StoredResource Read(Rows rows)
    {
        var id = rows.Uuid(0);
        var document = rows.Bytes(1);
        var version = rows.Int(2);
        var created = rows.Time(3);
        var lastModified = rows.Time(4);
        var sequence = rows.Int(5);
        var managerEnd = rows.IntOrNull(6);
        var managerId = rows.UuidOrNull(7);
        ManagerOfUser? manager = rows.TextOrNull(8) is { } display
            ? new ManagerOfUser(managerId!.Value, display.Length == 0 ? null : display)
            : null;
        return new StoredResource(id, document, version, created, lastModified)
        {
            Sequence = sequence,
            ManagerEnd = (int?)managerEnd,
            Manager = manager,
            Groups = rows.BytesOrNull(9) is { Length: > 2 } groups ? ReadGroups(groups) : [],
        };
    }

    // Null when the manager is no user of the tenant, empty when it is one without a name to show.
    private const string Manager = """
        case when r.manager_id is not null then
          (select coalesce(mgr.display, '') from users mgr where mgr.tenant_id = $1 and mgr.id = r.manager_id)
        end
        """;

    // Nested groups are walked upwards from the user, and not at all in a tenant that nests none. At most 32 levels.
    private static string Groups(ISqlDialect dialect, bool isOne)
    {
        if (isOne && dialect.Provider == DatabaseProvider.PostgreSql)
        {
            return """
                case when exists (select 1 from group_members gm where gm.tenant_id = $1 and gm.user_id = r.id) then user_groups(r.id) end
                """;
        }

        string Aggregate(string direct) =>
            $"{dialect.JsonArrayAgg}({dialect.JsonArray}({dialect.UuidText("g.id")}, g.display, {direct}) order by g.id)";
        var nested =
            dialect.Provider == DatabaseProvider.PostgreSql
                ? "nested_groups(r.id)"
                : $"""
                    (select {Aggregate("d.direct")} from
                       (with recursive up(id, direct, depth) as (
                          select gm.group_id, 1, 1 from group_members gm where gm.tenant_id = $1 and gm.user_id = r.id
                          union
                          select gn.group_id, 0, up.depth + 1 from group_nestings gn join up on gn.child_id = up.id
                           where gn.tenant_id = $1 and up.depth < 32)
                        select up.id, max(up.direct) as direct from up group by up.id) as d
                       join groups g on g.tenant_id = $1 and g.id = d.id)
                    """;
        return $"""
            (case when exists (select 1 from group_nestings gn where gn.tenant_id = $1) then {nested}
             else
              (select {Aggregate("1")} from group_members gm
                 join groups g on g.tenant_id = $1 and g.id = gm.group_id
                where gm.tenant_id = $1 and gm.user_id = r.id)
             end)
            """;
    }

    private static List<GroupOfUser> ReadGroups(byte[] json)
    {
        var groups = new List<GroupOfUser>();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            reader.Read();
            var id = reader.GetGuid();
            reader.Read();
            var display = reader.GetString() ?? "";
            reader.Read();
            groups.Add(new GroupOfUser(id, display, reader.GetInt32() == 1));
            reader.Read();
        }

        return groups;
    }
}
