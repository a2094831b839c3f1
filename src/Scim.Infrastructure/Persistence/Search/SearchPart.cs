using System.Globalization;
using Scim.Application.Common;
using Scim.Application.Search;
using Scim.Domain.Filters;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Infrastructure.Persistence.Groups;
using Scim.Infrastructure.Persistence.Users;

namespace Scim.Infrastructure.Persistence.Search;

/// <summary>The share of one resource type in a search.</summary>
internal sealed record SearchPart(
    int Index,
    ResourceSchema Schema,
    ResourceTable Table,
    Filter? Filter,
    Sort? Sort,
    Projection Projection,
    string BaseUrl
)
{
    public static SearchPart Create(
        int index,
        ResourceSchema schema,
        SearchRequest search,
        ITenantSession session,
        RequestContext request,
        DataPlaneLimits limits,
        bool lenient
    )
    {
        var table = schema.Name == "User" ? ResourceTable.Users : ResourceTable.Groups;
        var filter = search.Filter is null
            ? null
            : FilterParser.Parse(search.Filter, schema, request.Deviations, limits.Filter, lenient);
        var sort = search.SortBy is null
            ? null
            : Sort.Compile(schema, table, session.Dialect, search.SortBy, search.Descending, lenient);
        return new SearchPart(
            index,
            schema,
            table,
            filter,
            sort,
            Projection.Create(schema, search.Attributes, search.ExcludedAttributes),
            request.BaseUrl
        );
    }

    /// <summary>One page in order, read by <see cref="ReadPageAsync"/>.</summary>
    public string PageSql(List<Arg> args, CursorPosition? after, long skip, int count, ISqlDialect dialect)
    {
        var compiler = new FilterToSql(Table, dialect, args, BaseUrl);
        var where = Where(compiler);
        if (after is not null)
        {
            where += " and " + After(after, compiler);
        }

        var order = Sort is null ? "r.seq" : Sort.OrderBy("r.seq");
        var limit = compiler.Add(Arg.Int(count));
        if (IsOne)
        {
            var offset = skip == 0 ? "" : " offset " + compiler.Add(Arg.Int(skip));
            return $"{UserRows.One(dialect)} where {where} order by {order} limit {limit}{offset}";
        }

        if (after is null && Table.Name == "users" && Filter is not null && Sort is null && SearchesParts(Filter))
        {
            return UserRows.CountedPage(dialect, where, limit, compiler.Add(Arg.Int(skip)));
        }

        var isSimple = Filter is null && Sort is null;
        if (skip == 0 && (isSimple || !dialect.ReadsBeforeSorting))
        {
            return Select(dialect, $"where {where} order by {order} limit {limit}", Sort?.Sql);
        }

        var depth = compiler.Add(Arg.Int(skip));
        var page = isSimple
            ? AtDepth(compiler.Add(Arg.Text(Schema.Name)), limit, depth)
            : $"select r.seq from {Table.Name} r where {where} order by {order} limit {limit} offset {depth}";
        return Select(dialect, $"where r.tenant_id = $1 and {dialect.In("r.seq", page)} order by {order}", Sort?.Sql);
    }

    /// <summary>The resources of $2, in any order, read by <see cref="ReadByIdsAsync"/>.</summary>
    public string ByIdsSql(ISqlDialect dialect) =>
        Select(dialect, $"where r.tenant_id = $1 and {dialect.AnyUuid("r.id", 2)}");

    /// <returns>The page, and how many resources match where that was counted with it.</returns>
    public ValueTask<(List<FoundResource> Found, long? Total)> ReadPageAsync(Rows rows) =>
        ReadAsync(rows, IsOne, Sort is not null);

    public async ValueTask<List<FoundResource>> ReadByIdsAsync(Rows rows) =>
        (await ReadAsync(rows, isOne: false, isSorted: false)).Found;

    private async ValueTask<(List<FoundResource> Found, long? Total)> ReadAsync(Rows rows, bool isOne, bool isSorted)
    {
        var found = new List<FoundResource>();
        long? total = null;
        var groups = new Dictionary<Guid, List<GroupOfUser>>();
        while (await rows.ReadAsync())
        {
            if (Table.Name != "users")
            {
                found.Add(Found(GroupRows.Read(rows), rows, isSorted ? GroupRows.Columns : null));
            }
            else if (isOne)
            {
                found.Add(Found(UserRows.ReadOne(rows), rows, null));
            }
            else if (UserRows.TotalOf(rows) is { } counted)
            {
                total = counted;
            }
            else if (UserRows.IsOfGroups(rows))
            {
                UserRows.ReadGroups(rows, groups);
            }
            else
            {
                List<GroupOfUser> of = [];
                var user = UserRows.Read(rows, of);
                groups.Add(user.Id, of);
                found.Add(Found(user, rows, isSorted ? UserRows.Columns : null));
            }
        }

        foreach (var unsorted in groups.Values)
        {
            unsorted.Sort(static (left, right) => left.Id.CompareTo(right.Id));
        }

        return (found, total);
    }

    private FoundResource Found(StoredResource resource, Rows rows, int? sortColumn) =>
        new(
            Schema,
            Projection,
            sortColumn is { } column ? resource with { SortKey = ReadKey(rows, column) } : resource,
            null
        );

    private string Select(ISqlDialect dialect, string tail, string? extra = null) =>
        Table.Name == "users" ? UserRows.Page(dialect, tail, extra) : $"{GroupRows.Select(extra)} {tail}";

    // A far page is nearer to the end, which the tenant's counters know: half as much to skip at most, and nothing at the end.
    private string AtDepth(string resourceType, string limit, string skip) =>
        $"""
            with t(n) as materialized ({ResourceCounters.Total(resourceType)})
            select f.seq from (
              select seq from {Table.Name} where tenant_id = $1 order by seq
               limit (select case when {skip} <= n / 2 then {limit} else 0 end from t) offset {skip}) as f
            union all
            select b.seq from (
              select seq from {Table.Name} where tenant_id = $1 order by seq desc
               limit (select case when {skip} <= n / 2 or {skip} >= n then 0 when n - {skip} < {limit} then n - {skip} else {limit} end from t)
               offset (select case when n - {skip} > {limit} then n - {skip} - {limit} else 0 end from t)) as b
            """;

    // Costs more to find than to look up again; other filters would pay for that in each short page, which needs no count.
    private static bool SearchesParts(Filter filter) =>
        filter switch
        {
            Filter.And and => SearchesParts(and.Left) || SearchesParts(and.Right),
            Filter.Or or => SearchesParts(or.Left) || SearchesParts(or.Right),
            Filter.Not not => SearchesParts(not.Inner),
            Filter.ValuePath path => SearchesParts(path.Inner),
            Filter.Comparison comparison => comparison.Operator == FilterOperator.Contains,
            _ => false,
        };

    private bool IsOne => Sort is null && Table.Name == "users" && IsLookUp(Filter);

    // What identity providers ask before they create: one user or none has the value.
    private static bool IsLookUp(Filter? filter) =>
        filter
            is Filter.Comparison
            {
                Operator: FilterOperator.Equal,
                Path: { Sub: null, Extension: null, Attribute.Name: "userName" or "externalId" or "id" },
            };

    /// <summary>This type's rows in a search over several, after a position if there is one.</summary>
    public (int Type, string Table, string Where, Sort? Sort) Relation(
        List<Arg> args,
        CursorPosition? after,
        SearchPart sorted,
        ISqlDialect dialect
    )
    {
        var compiler = new FilterToSql(Table, dialect, args, BaseUrl);
        var where = Where(compiler);
        if (after is not null)
        {
            var key = after.HasKey ? compiler.Add(sorted.KeyArg(after.Key!)) : null;
            var sequence = compiler.Add(Arg.Int(after.Sequence));
            where += " and " + MergedPage.After(Index, Sort, sorted.Sort!.Descending, after, key, sequence);
        }

        return (Index, Table.Name, where, Sort);
    }

    public string TotalSql(List<Arg> args, ISqlDialect dialect)
    {
        if (Filter is null)
        {
            args.Add(Arg.Text(Schema.Name));
            return ResourceCounters.Total($"${args.Count}");
        }

        var compiler = new FilterToSql(Table, dialect, args, BaseUrl);
        return $"select count(*) from {Table.Name} r where {Where(compiler)}";
    }

    private string Where(FilterToSql compiler) =>
        Filter is null ? "r.tenant_id = $1" : "r.tenant_id = $1 and " + compiler.Compile(Filter);

    private string After(CursorPosition after, FilterToSql compiler)
    {
        var key = after.HasKey ? compiler.Add(KeyArg(after.Key!)) : null;
        var sequence = compiler.Add(Arg.Int(after.Sequence));
        return MergedPage.After(Index, Sort, Sort?.Descending ?? false, after, key, sequence);
    }

    private Arg KeyArg(string key) =>
        Sort!.Kind switch
        {
            SortKind.Integer => Arg.Int(long.Parse(key, CultureInfo.InvariantCulture)),
            SortKind.Real => Arg.Real(double.Parse(key, CultureInfo.InvariantCulture)),
            SortKind.Time => Arg.Time(new DateTimeOffset(long.Parse(key, CultureInfo.InvariantCulture), TimeSpan.Zero)),
            _ => Arg.Text(key),
        };

    public string? ReadKey(Rows rows, int column) =>
        rows.IsNull(column)
            ? null
            : Sort!.Kind switch
            {
                SortKind.Integer => rows.Int(column).ToString(CultureInfo.InvariantCulture),
                SortKind.Real => rows.Real(column).ToString("R", CultureInfo.InvariantCulture),
                SortKind.Time => rows.Time(column).UtcTicks.ToString(CultureInfo.InvariantCulture),
                _ => rows.Text(column),
            };
}
