using System.Collections.Concurrent;
using System.Text.Json;
using Scim.Domain.Resources;

namespace Scim.Infrastructure.Persistence.Users;

/// <summary>How a user is read from row <c>r</c>: stored bytes, the manager's name and derived groups in one statement.</summary>
internal static class UserRows
{
    /// <summary>Of a page, before the one for sorting.</summary>
    public const int Columns = 9;

    private const int DocumentColumn = 1;

    private const int VersionColumn = 2;

    private const int ManagerIdColumn = 7;

    private const int GroupsColumn = Columns;

    // Made once, like the text of one user: text made anew was most of what a look-up allocated.
    private static readonly ConcurrentDictionary<DatabaseProvider, string> OneSql = new();

    private static readonly ConcurrentDictionary<(DatabaseProvider, bool), string> GroupsOfPage = new();

    private static readonly ConcurrentDictionary<(DatabaseProvider, string), string> ByIdSql = new();

    /// <summary>One user by $1 tenant and $2 id. Made once: a new text each time would cost more than the read.</summary>
    /// <param name="rowLock">A row lock of the dialect, or empty.</param>
    public static string ById(ISqlDialect dialect, string rowLock = "") =>
        ByIdSql.GetOrAdd(
            (dialect.Provider, rowLock),
            static (key, dialect) =>
                $"{One(dialect)} where r.tenant_id = $1 and r.id = $2{(key.Item2.Length == 0 ? "" : $" {key.Item2} of r")}",
            dialect
        );

    /// <summary>Column list and table where at most one row is expected; the condition on <c>r</c> follows. $1 is the tenant.</summary>
    public static string One(ISqlDialect dialect) =>
        OneSql.GetOrAdd(
            dialect.Provider,
            static (_, dialect) => $"select {Own}, {GroupsOfOne(dialect)} from users r",
            dialect
        );

    /// <summary>
    /// Users with their groups: first the users in order, read by <see cref="Read"/>, then a row for each group of one of
    /// them (of a tenant that nests groups, a row for all groups of each), read by <see cref="ReadGroups"/>.
    /// An aggregate beside each user would cost more than all the rest of the page.
    /// </summary>
    /// <param name="tail">Condition on <c>r</c>, order and limit. $1 is the tenant.</param>
    /// <param name="extra">One more column, for sorting.</param>
    public static string Page(ISqlDialect dialect, string tail, string? extra = null) => Page(dialect, "", tail, extra);

    /// <summary>
    /// One page by sequence of those that a condition finds, and after it a row with their number (<see cref="TotalOf"/>): a
    /// search that reads much is made once for both. O(found), as counting is.
    /// </summary>
    public static string CountedPage(ISqlDialect dialect, string where, string limit, string skip)
    {
        var sequences = $"select h.seq from hits h order by h.seq limit {limit} offset {skip}";
        var page = Page(
            dialect,
            $"hits as materialized (select r.seq from users r where {where}), ",
            $"where r.tenant_id = $1 and {dialect.In("r.seq", sequences)} order by r.seq",
            null
        );
        return $"{page} union all select null, null, (select count(*) from hits), null, null, null, null, null, null";
    }

    private static string Page(ISqlDialect dialect, string before, string tail, string? extra)
    {
        var groups = GroupsOfPage.GetOrAdd(
            (dialect.Provider, extra is null),
            static (key, dialect) => OfPage(dialect, key.Item2 ? "" : ", null"),
            dialect
        );
        var key = extra is null ? "" : $", {extra} as sort_key";
        // SQLite copies what it materializes, documents and all, so there the page is of keys.
        return dialect.Provider == DatabaseProvider.PostgreSql
            ? $"with {before}page as materialized (select {Own}{key} from users r {tail}) select * from page {groups}"
            : $"with {before}page as materialized (select r.seq, r.id{key} from users r {tail}) "
                + $"select {Own}{(extra is null ? "" : ", p.sort_key")} from page p cross join users r on r.seq = p.seq {groups}";
    }

    private static string OfPage(ISqlDialect dialect, string padding)
    {
        const string nests = "exists (select 1 from group_nestings gn where gn.tenant_id = $1)";
        return $"""
            union all
            select gm.user_id, null, null, null, null, null, null, g.id, g.display{padding}
              from group_members gm
              join groups g on g.tenant_id = $1 and g.id = gm.group_id
             where gm.tenant_id = $1 and {dialect.In("gm.user_id", "select id from page")} and not {nests}
            union all
            select p.id, {NestedGroups(dialect, "p.id")}, null, null, null, null, null, null, null{padding}
              from page p where {nests}
            """;
    }

    /// <param name="rows">At a user.</param>
    /// <param name="groups">The user's, to be filled from the rows after the users.</param>
    public static StoredResource Read(Rows rows, List<GroupOfUser> groups)
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
            Groups = groups,
        };
    }

    /// <summary>The row of <see cref="One"/>.</summary>
    public static StoredResource ReadOne(Rows rows)
    {
        List<GroupOfUser> groups = [];
        var user = Read(rows, groups);
        AddGroups(rows, GroupsColumn, groups);
        return user;
    }

    /// <summary>The number of all users found, in the last row of <see cref="CountedPage"/>; null in another row.</summary>
    public static long? TotalOf(Rows rows) => rows.IsNull(0) ? rows.Int(VersionColumn) : null;

    /// <summary>A row of a page after its users.</summary>
    public static bool IsOfGroups(Rows rows) => rows.IsNull(VersionColumn);

    /// <param name="rows">At a row after the users.</param>
    /// <param name="groups">The groups of each user of the page, to which the row adds.</param>
    public static void ReadGroups(Rows rows, Dictionary<Guid, List<GroupOfUser>> groups)
    {
        var own = groups[rows.Uuid(0)];
        AddGroups(rows, DocumentColumn, own);
        if (rows.UuidOrNull(ManagerIdColumn) is { } group)
        {
            own.Add(new GroupOfUser(group, rows.TextOrNull(ManagerIdColumn + 1) ?? "", true));
        }
    }

    // Null when the manager is no user of the tenant, empty when it is one without a name to show.
    private const string Manager = """
        case when r.manager_id is not null then
          (select coalesce(mgr.display, '') from users mgr where mgr.tenant_id = $1 and mgr.id = r.manager_id)
        end
        """;

    private const string Own = $"""
        r.id, r.document, r.version, r.created_at, r.last_modified, r.seq, r.manager_at, r.manager_id, {Manager}
        """;

    private static string GroupsOfOne(ISqlDialect dialect) =>
        dialect.Provider == DatabaseProvider.PostgreSql
            ? "case when exists (select 1 from group_members gm where gm.tenant_id = $1 and gm.user_id = r.id) then user_groups(r.id) end"
            : $"""
                (case when exists (select 1 from group_nestings gn where gn.tenant_id = $1) then {NestedGroups(
                    dialect,
                    "r.id"
                )}
                 else
                  (select {Aggregate(dialect, "1")} from group_members gm
                     join groups g on g.tenant_id = $1 and g.id = gm.group_id
                    where gm.tenant_id = $1 and gm.user_id = r.id)
                 end)
                """;

    // Nested groups are walked upwards from the user, and not at all in a tenant that nests none. At most 32 levels.
    private static string NestedGroups(ISqlDialect dialect, string user) =>
        dialect.Provider == DatabaseProvider.PostgreSql
            ? $"nested_groups({user})"
            : $"""
                (select {Aggregate(dialect, "d.direct")} from
                   (with recursive up(id, direct, depth) as (
                      select gm.group_id, 1, 1 from group_members gm where gm.tenant_id = $1 and gm.user_id = {user}
                      union
                      select gn.group_id, 0, up.depth + 1 from group_nestings gn join up on gn.child_id = up.id
                       where gn.tenant_id = $1 and up.depth < 32)
                    select up.id, max(up.direct) as direct from up group by up.id) as d
                   join groups g on g.tenant_id = $1 and g.id = d.id)
                """;

    private static string Aggregate(ISqlDialect dialect, string direct) =>
        $"{dialect.JsonArrayAgg}({dialect.JsonArray}({dialect.UuidText("g.id")}, g.display, {direct}) order by g.id)";

    private static void AddGroups(Rows rows, int column, List<GroupOfUser> groups)
    {
        if (rows.BytesOrNull(column) is not { Length: > 2 } json)
        {
            return;
        }

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
    }
}
