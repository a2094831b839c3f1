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

    public string PageSql(List<Arg> args, CursorPosition? after, long skip, int count, ISqlDialect dialect)
    {
        var compiler = new FilterToSql(Table, dialect, args, BaseUrl);
        var select = Select(dialect, Sort?.Sql);
        var where = Where(compiler);
        if (after is not null)
        {
            where += " and " + After(after, compiler);
        }

        var order = Sort is null ? "r.seq" : Sort.OrderBy("r.seq");
        var limit = compiler.Add(Arg.Int(count));
        var offset = skip == 0 ? "" : " offset " + compiler.Add(Arg.Int(skip));
        return $"{select} where {where} order by {order} limit {limit}{offset}";
    }

    public string Select(ISqlDialect dialect, string? extra = null) =>
        Table.Name == "users" ? UserRows.Select(dialect, extra, IsLookUp(Filter)) : GroupRows.Select(extra);

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
            return ResourceCounters.Total;
        }

        var compiler = new FilterToSql(Table, dialect, args, BaseUrl);
        return $"select count(*) from {Table.Name} r where {Where(compiler)}";
    }

    public StoredResource Read(Rows rows)
    {
        var resource = ReadUnsorted(rows);
        return Sort is null
            ? resource
            : resource with
            {
                SortKey = ReadKey(rows, Table.Name == "users" ? UserRows.Columns : GroupRows.Columns),
            };
    }

    public StoredResource ReadUnsorted(Rows rows) => Table.Name == "users" ? UserRows.Read(rows) : GroupRows.Read(rows);

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
