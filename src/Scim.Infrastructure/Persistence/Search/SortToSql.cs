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
                { Type: AttributeType.Boolean } => ($"(case when {column.Sql} then 1 else 0 end)", SortKind.Integer),
                _ => (column.IsTyped ? column.Sql : dialect.Ordered(column.Sql), SortKind.Text),
            };
        }

        if (table.Relation(path, dialect) is not null)
        {
            throw ScimError.InvalidValue($"sortBy: {path.Attribute.Path} has many values and no primary one.");
        }

        var json = FilterToSql.Json(path);
        var text =
            path.Attribute.MultiValued ? First(path, json, dialect)
            : path.Sub is null ? FilterToSql.JsonText(path)
            : $"({json} ->> {FilterToSql.Name(path.Sub)})";
        return path.Target.Type switch
        {
            AttributeType.Boolean => ($"(case when {dialect.JsonBool(text)} then 1 else 0 end)", SortKind.Integer),
            AttributeType.Integer => (dialect.JsonInt(text), SortKind.Integer),
            AttributeType.Decimal => (dialect.JsonReal(text), SortKind.Real),
            _ => (dialect.Ordered(text), SortKind.Text),
        };
    }

    // RFC 7644 §3.4.2.3: a multi-valued attribute is sorted by its primary or else its first value.
    private static string First(AttributePath path, string json, ISqlDialect dialect)
    {
        var value = path.Sub is null ? dialect.JsonElementText : $"e.value ->> {FilterToSql.Name(path.Sub)}";
        var order = path.Attribute.Primary is { } primary
            ? $" order by case when {dialect.JsonBool($"e.value ->> {FilterToSql.Name(primary)}")} then 0 else 1 end"
            : "";
        return $"(select {value} from {dialect.JsonElements(json)}{order} limit 1)";
    }
}
