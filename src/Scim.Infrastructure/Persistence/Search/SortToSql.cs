using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Schemas;

namespace Scim.Infrastructure.Persistence.Search;

internal enum SortKind
{
    Text,
    Integer,
    Real,
    Time,
}

/// <summary>An order over one attribute (RFC 7644 §3.4.2.3): unassigned last when ascending, first when descending; ties by sequence.</summary>
internal sealed record Sort(string Sql, SortKind Kind, bool Descending)
{
    private const int MaxKeyLength = 256;

    public string OrderBy(string sequence) =>
        Descending ? $"({Sql} is null) desc, {Sql} desc, {sequence}" : $"({Sql} is null), {Sql}, {sequence}";

    /// <param name="sortBy">Attribute path as the client wrote it.</param>
    /// <returns>Null for an attribute that this type lacks, when several types are searched.</returns>
    public static Sort? Compile(
        ResourceSchema schema,
        ResourceTable table,
        ISqlDialect dialect,
        string sortBy,
        bool descending,
        bool lenient
    )
    {
        if (AttributePath.Resolve(schema, sortBy, out _) is not { } path)
        {
            return lenient
                ? null
                : throw ScimError.InvalidValue(
                    $"sortBy: {schema.Name} has no attribute of that name (RFC 7644 §3.4.2.3)."
                );
        }

        if (path.Target.Type == AttributeType.Complex)
        {
            path = path is { Sub: null, Attribute.Value: { } value }
                ? path with
                {
                    Sub = value,
                }
                : throw ScimError.InvalidValue(
                    $"sortBy: {path.Target.Path} is complex; name one of its sub-attributes (RFC 7644 §3.4.2.3)."
                );
        }

        if (ResourceTable.DependsOnRequest(path))
        {
            throw ScimError.InvalidValue($"sortBy: {path.Target.Path} depends on the request and has no order.");
        }

        if (path.Target.Mutability == Mutability.WriteOnly || path.Target.Returned == Returned.Never)
        {
            throw ScimError.InvalidValue($"sortBy: {path.Target.Path} is never returned.");
        }

        var (sql, kind) = Expression(path, table, dialect);
        return new Sort(sql, kind, descending);
    }

    private static (string Sql, SortKind Kind) Expression(AttributePath path, ResourceTable table, ISqlDialect dialect)
    {
        if (table.Column(path) is { } column)
        {
            return path.Target switch
            {
                { Name: "id" } => (dialect.Ordered(dialect.UuidText(column.Sql)), SortKind.Text),
                { Type: AttributeType.DateTime } => (column.Sql, SortKind.Time),
                { Type: AttributeType.Boolean } => (Rank(column.Sql), SortKind.Integer),
                _ => (Short(column.IsTyped ? column.Sql : dialect.Ordered(column.Sql)), SortKind.Text),
            };
        }

        if (table.Relation(path, dialect) is not null)
        {
            throw ScimError.InvalidValue($"sortBy: {path.Attribute.Path} has many values and no primary one.");
        }

        var json = FilterToSql.Json(path, dialect);
        var text =
            path.Attribute.MultiValued ? First(path, json, dialect)
            : path.Sub is null ? FilterToSql.JsonText(path, dialect)
            : $"({json} ->> {dialect.Label(path.Sub.Name)})";
        return path.Target.Type switch
        {
            AttributeType.Boolean => (Rank(dialect.JsonBool(text)), SortKind.Integer),
            AttributeType.Integer => (dialect.JsonInt(text), SortKind.Integer),
            AttributeType.Decimal => (dialect.JsonReal(text), SortKind.Real),
            _ => (Short(dialect.Ordered(text)), SortKind.Text),
        };
    }

    private static string Rank(string flag) => $"(case when {flag} then 1 when not {flag} then 0 end)";

    // Cursors carry the sort value of a row, so texts are told apart by their beginning only.
    private static string Short(string text) => $"substr({text}, 1, {MaxKeyLength})";

    // RFC 7644 §3.4.2.3: a multi-valued attribute is sorted by its primary or else its first value.
    private static string First(AttributePath path, string json, ISqlDialect dialect)
    {
        var value = path.Sub is null ? dialect.JsonElementText : $"e.value ->> {dialect.Label(path.Sub.Name)}";
        var order = path.Attribute.Primary is { } primary
            ? $" order by case when {dialect.JsonBool($"e.value ->> {dialect.Label(primary.Name)}")} then 0 else 1 end"
            : "";
        return $"(select {value} from {dialect.JsonElements(json)}{order} limit 1)";
    }
}
