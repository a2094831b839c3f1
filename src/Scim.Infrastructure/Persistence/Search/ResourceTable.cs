using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Infrastructure.Persistence.Groups;

namespace Scim.Infrastructure.Persistence.Search;

/// <summary>How one resource type lies in the database: which attributes are columns or relations of its table.</summary>
internal abstract class ResourceTable
{
    private static readonly Column Id = new("r.id")
    {
        IsTyped = true,
        IsIndexed = true,
        IsNotNull = true,
        IsConstant = true,
        Compare = CompareId,
    };

    public static readonly ResourceTable Users = new UserTable();

    public static readonly ResourceTable Groups = new GroupTable();

    public abstract string Name { get; }

    protected abstract string TypeName { get; }

    /// <summary>Made from the request's own URL, or from what stands beside the row: nothing to sort by.</summary>
    public static bool DependsOnRequest(AttributePath path) =>
        path.Target.Path is "meta.location" or "meta.version" or Urns.EnterpriseUser + ":manager.$ref";

    public Column? Column(AttributePath path)
    {
        if (path.Extension is not null)
        {
            return ExtensionColumn(path);
        }

        return path.Attribute.Name switch
        {
            "id" => Id,
            "externalId" => new Column("r.external_id") { IsTyped = true, IsIndexed = true },
            "meta" => Meta(path),
            _ => Own(path),
        };
    }

    public abstract Relation? Relation(AttributePath path, ISqlDialect dialect);

    public virtual ElementIndex? ElementIndex(AttributePath path) => null;

    protected abstract Column? Own(AttributePath path);

    protected virtual Column? ExtensionColumn(AttributePath path) => null;

    protected static Column Key(string name) => new("r." + name) { IsTyped = true, IsIndexed = true };

    protected static Column Searched(string name) =>
        Key(name + "_key") with
        {
            Reversed = $"r.{name}_reversed",
            SearchName = name + "_key",
        };

    private Column Meta(AttributePath path) =>
        path.Sub?.Name switch
        {
            "created" => Time("r.created_at"),
            "lastModified" => Time(LastModified),
            "resourceType" => new Column("'" + TypeName + "'") { IsConstant = true, IsNotNull = true },
            "location" => Address("r.id", "'" + TypeName + "'") with { IsConstant = true },
            "version" => Version,
            _ => Id,
        };

    protected virtual string LastModified => "r.last_modified";

    protected abstract Column Version { get; }

    private static Column Time(string sql) =>
        new(sql)
        {
            IsTyped = true,
            IsNotNull = true,
            IsConstant = true,
            Compare = (compiler, comparison, value) =>
                compiler.Dialect.Rare(
                    FilterToSql.Relate(
                        sql,
                        comparison,
                        compiler.Add(Arg.Time(DateTimeValue.Parse(value.Text!)!.Instant)),
                        notNull: true
                    )
                ),
        };

    private static string CompareId(FilterToSql compiler, FilterOperator comparison, FilterValue value) =>
        CompareUuid("r.id", compiler, comparison, value.Text!);

    protected static string CompareUuid(string sql, FilterToSql compiler, FilterOperator comparison, string text)
    {
        if (comparison is FilterOperator.Equal or FilterOperator.NotEqual)
        {
            return TryParse(text, out var id)
                    ? FilterToSql.Relate(sql, comparison, compiler.Add(Arg.Uuid(id)), notNull: true)
                : comparison == FilterOperator.NotEqual ? "1 = 1"
                : "1 = 0";
        }

        return compiler.TestText(new Column(compiler.Dialect.UuidText(sql)), comparison, text);
    }

    /// <summary>The address of the resource that an id names, which begins with the base URL that the client used.</summary>
    /// <param name="id">An expression; null when there is no such resource.</param>
    /// <param name="type">An expression: <c>User</c> or <c>Group</c>.</param>
    protected static Column Address(string id, string type) =>
        new(id)
        {
            Compare = (compiler, comparison, value) => CompareAddress(id, type, compiler, comparison, value.Text!),
        };

    private static string CompareAddress(
        string id,
        string type,
        FilterToSql compiler,
        FilterOperator comparison,
        string text
    )
    {
        if (comparison is not (FilterOperator.Equal or FilterOperator.NotEqual))
        {
            var address =
                $"{compiler.Add(Arg.Text(compiler.BaseUrl))} || '/' || {type} || 's/' || {compiler.Dialect.UuidText(id)}";
            // Told apart from an address, since SQLite makes text of a missing id too.
            return $"({id} is not null and {compiler.TestText(new Column($"({address})"), comparison, text)})";
        }

        // By the id that the address ends in, whose index serves.
        foreach (var name in (string[])["User", "Group"])
        {
            var start = $"{compiler.BaseUrl}/{name}s/";
            if (text.StartsWith(start, StringComparison.Ordinal) && TryParse(text[start.Length..], out var named))
            {
                var same = $"({type} = '{name}' and {id} = {compiler.Add(Arg.Uuid(named))})";
                return comparison == FilterOperator.Equal ? same : $"({same} is not true)";
            }
        }

        return comparison == FilterOperator.Equal ? "1 = 0" : "1 = 1";
    }

    // Ids are exact: anything but the canonical form names nobody.
    private static bool TryParse(string text, out Guid id) =>
        Guid.TryParseExact(text, "D", out id) && id.ToString("D") == text;

    /// <summary>The members of one group as relation <c>m(id, type, display)</c>; the arguments are SQL expressions.</summary>
    public static string MembersOf(string tenant, string group) =>
        $"""
            (select gm.user_id as id, 'User' as type, coalesce(mu.display_name_key, mu.user_name_key) as display from group_members gm
               join users mu on mu.tenant_id = gm.tenant_id and mu.id = gm.user_id
              where gm.tenant_id = {tenant} and gm.group_id = {group}
             union all
             select gn.child_id, 'Group', mg.display_name_key from group_nestings gn
               join groups mg on mg.tenant_id = gn.tenant_id and mg.id = gn.child_id
              where gn.tenant_id = {tenant} and gn.group_id = {group}) as m
            """;

    /// <summary>What <see cref="MembersOf"/> would show of users and groups if they were members.</summary>
    /// <param name="ids">What <c>id =</c> is compared with.</param>
    public static string Candidates(string tenant, string ids) =>
        $"""
            (select mu.id, 'User' as type, coalesce(mu.display_name_key, mu.user_name_key) as display from users mu
              where mu.tenant_id = {tenant} and mu.id = {ids}
             union all
             select mg.id, 'Group', mg.display_name_key from groups mg where mg.tenant_id = {tenant} and mg.id = {ids}) as m
            """;

    public static Column MemberColumn(AttributeDefinition attribute) =>
        attribute.Name switch
        {
            "value" => new Column("m.id")
            {
                IsTyped = true,
                Compare = (compiler, comparison, value) => CompareUuid("m.id", compiler, comparison, value.Text!),
            },
            "type" => new Column(attribute.Folds ? "lower(m.type)" : "m.type"),
            "display" => new Column("m.display"),
            _ => Address("m.id", "m.type"),
        };

    private sealed class UserTable : ResourceTable
    {
        public override string Name => "users";

        protected override string TypeName => "User";

        // The tag holds a digest of what the user derives from others (StoredResource.Tag), which no statement can make
        // without reading the groups of every user.
        protected override Column Version { get; } =
            new("r.version")
            {
                IsConstant = true,
                Compare = (_, _, _) =>
                    throw ScimError.InvalidFilter(
                        "meta.version of users covers their groups and manager's name and cannot be compared in a filter; "
                            + "read the user with If-None-Match instead (RFC 7644 §3.14)."
                    ),
            };

        protected override Column? Own(AttributePath path) =>
            (path.Attribute.Name, path.Sub?.Name) switch
            {
                ("userName", _) => Searched("user_name") with { IsNotNull = true },
                ("displayName", _) => Searched("display_name"),
                ("name", "familyName") => Key("family_name_key"),
                ("name", "givenName") => Key("given_name_key"),
                ("active", _) => new Column("r.active")
                {
                    IsTyped = true,
                    IsNotNull = true,
                    IsConstant = true,
                },
                _ => null,
            };

        protected override Column? ExtensionColumn(AttributePath path) =>
            path.Target.Path switch
            {
                Urns.EnterpriseUser + ":manager.$ref" => Address(
                    "(select m.id from users m where m.tenant_id = r.tenant_id and m.id = r.manager_id)",
                    "'User'"
                ),
                Urns.EnterpriseUser + ":manager.displayName" => new Column(
                    "(select coalesce(m.display_name_key, m.user_name_key) from users m where m.tenant_id = r.tenant_id and m.id = r.manager_id)"
                ),
                _ => null,
            };

        public override ElementIndex? ElementIndex(AttributePath path) =>
            path is { Extension: null, Attribute.Name: "emails", Sub.Name: "value" }
                ? new ElementIndex("email_key", "email_reversed", "user_emails", "user_id")
                : null;

        public override Relation? Relation(AttributePath path, ISqlDialect dialect) =>
            path is { Extension: null, Attribute.Name: "groups" }
                ? new Relation(DerivedGroups.Relation, DerivedGroups.Column)
                : null;
    }

    private sealed class GroupTable : ResourceTable
    {
        public override string Name => "groups";

        protected override string TypeName => "Group";

        protected override Column Version { get; } =
            new($"('W/\"' || cast({GroupCounters.Version} as text) || '\"')") { IsConstant = true, IsNotNull = true };

        protected override string LastModified => GroupCounters.LastModified;

        protected override Column? Own(AttributePath path) =>
            path.Attribute.Name == "displayName" ? Searched("display_name") with { IsNotNull = true } : null;

        public override Relation? Relation(AttributePath path, ISqlDialect dialect) =>
            path is { Extension: null, Attribute.Name: "members" }
                ? new Relation(MembersOf("r.tenant_id", "r.id"), MemberColumn)
                : null;
    }

    /// <summary>The groups of a user, direct and indirect, as a relation.</summary>
    private static class DerivedGroups
    {
        public const string Relation = """
            (with recursive up(id, direct, depth) as (
               select gm.group_id, 1, 1 from group_members gm where gm.tenant_id = r.tenant_id and gm.user_id = r.id
               union
               select gn.group_id, 0, up.depth + 1 from group_nestings gn join up on gn.child_id = up.id
                where gn.tenant_id = r.tenant_id and up.depth < 32)
             select g.id, g.display_name_key as display, max(up.direct) as direct from up
               join groups g on g.tenant_id = r.tenant_id and g.id = up.id
              group by g.id, g.display_name_key) as m
            """;

        public static Column Column(AttributeDefinition attribute) =>
            attribute.Name switch
            {
                "value" => new Column("m.id")
                {
                    IsTyped = true,
                    Compare = (compiler, comparison, value) => CompareUuid("m.id", compiler, comparison, value.Text!),
                },
                "type" => new Column("(case when m.direct = 1 then 'direct' else 'indirect' end)"),
                "display" => new Column("m.display"),
                _ => Address("m.id", "'Group'"),
            };
    }
}
