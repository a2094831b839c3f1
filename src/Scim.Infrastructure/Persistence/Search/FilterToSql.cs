using System.Globalization;
using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Schemas;
using Scim.Domain.Text;

namespace Scim.Infrastructure.Persistence.Search;

/// <summary>
/// Compiles a filter to a condition on the row <c>r</c>: columns where the resource has them, its JSON otherwise. Values are
/// always arguments; the only names written into SQL are those of schema definitions, quoted. Null counts as false
/// everywhere except under <c>not</c>, which is therefore <c>is not true</c>.
/// </summary>
internal sealed class FilterToSql(ResourceTable table, ISqlDialect dialect, List<Arg> args, string baseUrl)
{
    /// <param name="filter">The filter.</param>
    /// <param name="positive">False below a <c>not</c>, where a narrowing condition would be wrong.</param>
    public string Compile(Filter filter, bool positive = true) =>
        filter switch
        {
            Filter.And and => $"({Compile(and.Left, positive)} and {Compile(and.Right, positive)})",
            Filter.Or or => $"({Compile(or.Left, positive)} or {Compile(or.Right, positive)})",
            Filter.Not not => $"(({Compile(not.Inner, positive: false)}) is not true)",
            Filter.Constant constant => constant.Matches ? "1 = 1" : "1 = 0",
            Filter.Present present => Present(present.Path),
            Filter.Comparison comparison => Comparison(comparison, positive),
            Filter.ValuePath path => ValuePath(path, positive),
            _ => throw new InvalidOperationException($"Unknown filter {filter.GetType().Name}."),
        };

    private string Present(AttributePath path)
    {
        if (table.Column(path) is { } column)
        {
            return column.IsConstant ? "1 = 1" : $"{column.Sql} is not null";
        }

        if (table.Relation(path, dialect) is { } relation)
        {
            var part = relation.Column(path.Sub ?? path.Attribute.Value!);
            return $"exists (select 1 from {relation.Sql} where {part.Sql} is not null)";
        }

        var json = Json(path, dialect);
        if (path.Attribute.IsExtension || (!path.Attribute.MultiValued && path.Sub is null))
        {
            return $"{json} is not null";
        }

        if (!path.Attribute.MultiValued)
        {
            return $"{json} ->> {Name(path.Sub!)} is not null";
        }

        return path.Sub is null
            ? $"{json} is not null"
            : $"exists (select 1 from {dialect.JsonElements(json)} where e.value ->> {Name(path.Sub)} is not null)";
    }

    private string Comparison(Filter.Comparison comparison, bool positive)
    {
        var path = comparison.Path;
        if (table.Column(path) is { } column)
        {
            return Test(column, path.Target, comparison.Operator, comparison.Value, positive);
        }

        if (table.Relation(path, dialect) is { } relation)
        {
            var part = relation.Column(path.Sub ?? path.Attribute.Value!);
            var test = Test(part, path.Target, comparison.Operator, comparison.Value, positive: false);
            return Any(relation.Sql, test, part.Sql, comparison.Operator);
        }

        var json = Json(path, dialect);
        if (!path.Attribute.MultiValued)
        {
            var text = path.Sub is null ? JsonText(path, dialect) : $"{json} ->> {Name(path.Sub)}";
            return Test(new Column(text), path.Target, comparison.Operator, comparison.Value, positive: false);
        }

        var element = path.Sub is null ? dialect.JsonElementText : $"e.value ->> {Name(path.Sub)}";
        var exact = Any(
            dialect.JsonElements(json),
            Test(new Column(element), path.Target, comparison.Operator, comparison.Value, positive: false),
            path.Target.AssumedFalse ? "e.value" : element,
            comparison.Operator
        );
        return positive && Narrow(path, comparison) is { } narrow ? narrow : exact;
    }

    private string ValuePath(Filter.ValuePath filter, bool positive)
    {
        var path = filter.Path;
        if (table.Relation(path, dialect) is { } relation)
        {
            return $"exists (select 1 from {relation.Sql} where {Inner(filter.Inner, relation.Column)})";
        }

        var json = Json(path, dialect);
        if (!path.Attribute.MultiValued)
        {
            return $"({Present(path)} and {Inner(filter.Inner, sub => table.Column(path with { Sub = sub }) ?? new Column($"{json} ->> {Name(sub)}"))})";
        }

        var exact =
            $"exists (select 1 from {dialect.JsonElements(json)} where {Inner(filter.Inner, sub => new Column($"e.value ->> {Name(sub)}"))})";
        var narrow = positive
            ? Conjuncts(filter.Inner)
                .Select(c => Narrow(path with { Sub = c.Path.Attribute }, c))
                .FirstOrDefault(n => n is not null)
            : null;
        return narrow is null ? exact : $"({narrow} and {exact})";
    }

    /// <summary>The filter inside the brackets of a value path, over columns of the caller's.</summary>
    public string CompileElement(Filter filter, Func<AttributeDefinition, Column> column) => Inner(filter, column);

    private string Inner(Filter filter, Func<AttributeDefinition, Column> column) =>
        filter switch
        {
            Filter.And and => $"({Inner(and.Left, column)} and {Inner(and.Right, column)})",
            Filter.Or or => $"({Inner(or.Left, column)} or {Inner(or.Right, column)})",
            Filter.Not not => $"(({Inner(not.Inner, column)}) is not true)",
            Filter.Present present => $"{column(present.Path.Attribute).Sql} is not null",
            Filter.Comparison comparison => Test(
                column(comparison.Path.Attribute),
                comparison.Path.Attribute,
                comparison.Operator,
                comparison.Value,
                positive: false
            ),
            _ => throw new InvalidOperationException($"Unknown element filter {filter.GetType().Name}."),
        };

    private static IEnumerable<Filter.Comparison> Conjuncts(Filter filter) =>
        filter switch
        {
            Filter.And and => Conjuncts(and.Left).Concat(Conjuncts(and.Right)),
            Filter.Comparison comparison => [comparison],
            _ => [],
        };

    // A multi-valued attribute: any value matches; ne also when there is none.
    private static string Any(string relation, string test, string value, FilterOperator comparison) =>
        comparison == FilterOperator.NotEqual
            ? $"(exists (select 1 from {relation} where {value} is not null and {test}) or not exists (select 1 from {relation} where {value} is not null))"
            : $"exists (select 1 from {relation} where {test})";

    /// <summary>An indexed condition that every match fulfils, and that is exact for a plain comparison: e-mail addresses.</summary>
    private string? Narrow(AttributePath path, Filter.Comparison comparison)
    {
        if (table.ElementIndex(path) is not { } index || comparison.Value.Text is not { Length: > 0 } text)
        {
            return null;
        }

        string Condition(string row) =>
            comparison.Operator switch
            {
                FilterOperator.Equal => $"{row}.{index.Column} = {Add(Arg.Text(text))}",
                FilterOperator.StartsWith => Prefix($"{row}.{index.Column}", text),
                _ => Prefix($"{row}.{index.Reversed}", Folding.Reverse(text)),
            };

        return comparison.Operator switch
        {
            // Every index of SQLite has seq, and rows found by it come in the order of pages.
            FilterOperator.Equal
            or FilterOperator.StartsWith
            or FilterOperator.EndsWith when dialect.Provider == DatabaseProvider.Sqlite =>
                $"r.seq in (select o.seq from {table.Name} o where o.tenant_id = $1 and {Condition("o")} union all "
                    + $"select o.seq from {index.Table} e cross join {table.Name} o on o.tenant_id = $1 and o.id = e.{index.Owner} "
                    + $"where e.tenant_id = $1 and {Condition("e")})",
            FilterOperator.Equal or FilterOperator.StartsWith or FilterOperator.EndsWith =>
                $"r.id in (select o.id from {table.Name} o where o.tenant_id = $1 and {Condition("o")} union all "
                    + $"select e.{index.Owner} from {index.Table} e where e.tenant_id = $1 and {Condition("e")})",
            FilterOperator.Contains when dialect.Search is { } search => search(
                table.Name,
                index.Column,
                Add(Arg.Text(Pattern(text)))
            ),
            _ => null,
        };
    }

    private string Test(
        Column column,
        AttributeDefinition attribute,
        FilterOperator comparison,
        FilterValue value,
        bool positive
    )
    {
        if (column.Compare is { } special)
        {
            return special(this, comparison, value);
        }

        var sql = column.Sql;
        switch (attribute.Type)
        {
            case AttributeType.Boolean
                when column is { IsTyped: true, IsNotNull: true }
                    && comparison is FilterOperator.Equal or FilterOperator.NotEqual:
                // Written out, so that an index on one of the two values serves.
                return value.Flag == (comparison == FilterOperator.Equal) ? sql : $"not {sql}";
            case AttributeType.Boolean:
                var typed = column.IsTyped ? sql : dialect.JsonBool(sql);
                if (attribute.AssumedFalse)
                {
                    return Relate(
                        $"coalesce({typed}, {Add(Arg.Bool(false))})",
                        comparison,
                        Add(Arg.Bool(value.Flag)),
                        notNull: true
                    );
                }

                return Relate(typed, comparison, Add(Arg.Bool(value.Flag)), column.IsNotNull);
            case AttributeType.Integer when value.Integer is { } integer:
                return Relate(dialect.JsonInt(sql), comparison, Add(Arg.Int(integer)), column.IsNotNull);
            case AttributeType.Integer or AttributeType.Decimal:
                // As text through the same conversion as what is stored: SQLite's is not exact to the last bit.
                var number = value.AsNumber.ToString("R", CultureInfo.InvariantCulture);
                var operand = dialect.JsonReal(Add(Arg.Text(number)));
                return Relate(dialect.JsonReal(sql), comparison, operand, column.IsNotNull);
            default:
                return TestText(column, comparison, value.Text!, positive);
        }
    }

    internal string TestText(Column column, FilterOperator comparison, string text, bool positive = false)
    {
        var sql = column.Sql;
        if (comparison is FilterOperator.Contains or FilterOperator.StartsWith or FilterOperator.EndsWith)
        {
            if (text.Length == 0)
            {
                return $"{sql} is not null";
            }

            return comparison switch
            {
                FilterOperator.StartsWith when column.IsIndexed => Prefix(sql, text),
                FilterOperator.StartsWith => $"substr({sql}, 1, {Length(text)}) = {Add(Arg.Text(text))}",
                FilterOperator.EndsWith when column.Reversed is { } reversed => Prefix(reversed, Folding.Reverse(text)),
                FilterOperator.EndsWith => dialect.EndsWith(sql, Add(Arg.Text(text)), Length(text)),
                _ when positive && column.SearchName is { } name && dialect.Search is { } search => search(
                    table.Name,
                    name,
                    Add(Arg.Text(Pattern(text)))
                ),
                _ => dialect.Contains(sql, Add(Arg.Text(text))),
            };
        }

        var comparable = column.IsTyped ? sql : dialect.Ordered(sql);
        return Relate(comparable, comparison, Add(Arg.Text(text)), column.IsNotNull);
    }

    // A range, not LIKE: under row-level security only leakproof operators may use the index.
    private string Prefix(string column, string prefix) =>
        Folding.AfterPrefix(prefix) is { } end
            ? $"({column} >= {Add(Arg.Text(prefix))} and {column} < {Add(Arg.Text(end))})"
            : $"{column} >= {Add(Arg.Text(prefix))}";

    internal static string Relate(string sql, FilterOperator comparison, string operand, bool notNull) =>
        comparison switch
        {
            FilterOperator.Equal => $"{sql} = {operand}",
            FilterOperator.NotEqual => notNull ? $"{sql} <> {operand}" : $"({sql} is null or {sql} <> {operand})",
            FilterOperator.GreaterThan => $"{sql} > {operand}",
            FilterOperator.GreaterOrEqual => $"{sql} >= {operand}",
            FilterOperator.LessThan => $"{sql} < {operand}",
            FilterOperator.LessOrEqual => $"{sql} <= {operand}",
            _ => throw ScimError.InvalidFilter("co, sw and ew do not apply here."),
        };

    internal string Add(Arg arg)
    {
        args.Add(arg);
        return "$" + args.Count.ToString(CultureInfo.InvariantCulture);
    }

    internal ISqlDialect Dialect => dialect;

    /// <summary>What the addresses of resources begin with in the answer to this request, without a trailing slash.</summary>
    internal string BaseUrl => baseUrl;

    private static string Length(string text) => text.EnumerateRunes().Count().ToString(CultureInfo.InvariantCulture);

    private static string Pattern(string part) =>
        "%"
        + part.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("%", "\\%", StringComparison.Ordinal)
            .Replace("_", "\\_", StringComparison.Ordinal)
        + "%";

    /// <summary>The stored value under a path's attribute, in comparison form.</summary>
    internal static string Json(AttributePath path, ISqlDialect dialect)
    {
        var root = dialect.Label(path.Root.Name);
        var json = $"coalesce(r.folded -> {root}, r.document -> {root})";
        return path.Extension is null ? json : $"({json} -> {dialect.Label(path.Attribute.Name)})";
    }

    /// <summary>The same as text, for a simple single-valued attribute.</summary>
    internal static string JsonText(AttributePath path, ISqlDialect dialect)
    {
        var root = dialect.Label(path.Root.Name);
        return path.Extension is null
            ? $"coalesce(r.folded ->> {root}, r.document ->> {root})"
            : $"(coalesce(r.folded -> {root}, r.document -> {root}) ->> {dialect.Label(path.Attribute.Name)})";
    }

    private string Name(AttributeDefinition attribute) => dialect.Label(attribute.Name);
}

/// <summary>An expression that holds one attribute's value for comparison.</summary>
/// <param name="Sql">The expression; null when unassigned.</param>
internal sealed record Column(string Sql)
{
    /// <summary>The expression has the attribute's type and collation C already.</summary>
    public bool IsTyped { get; init; }

    public bool IsIndexed { get; init; }

    public bool IsNotNull { get; init; }

    /// <summary>Always assigned: id and meta.</summary>
    public bool IsConstant { get; init; }

    /// <summary>The same value from its end to its beginning, indexed.</summary>
    public string? Reversed { get; init; }

    /// <summary>Known to the search of the dialect by this name.</summary>
    public string? SearchName { get; init; }

    /// <summary>Replaces the ordinary comparison: ids and times.</summary>
    public Func<FilterToSql, FilterOperator, FilterValue, string>? Compare { get; init; }
}

/// <summary>A derived multi-valued attribute: rows of another table that belong to row <c>r</c>.</summary>
internal sealed record Relation(string Sql, Func<AttributeDefinition, Column> Column);

/// <summary>Where all values of a multi-valued attribute stand as keys: one in a column, the others in a table.</summary>
internal sealed record ElementIndex(string Column, string Reversed, string Table, string Owner);
