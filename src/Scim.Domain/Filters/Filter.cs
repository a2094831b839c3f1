using Scim.Domain.Schemas;

namespace Scim.Domain.Filters;

/// <summary>RFC 7644 §3.4.2.2, table 3.</summary>
public enum FilterOperator
{
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    GreaterThan,
    GreaterOrEqual,
    LessThan,
    LessOrEqual,
}

/// <summary>A filter (RFC 7644 §3.4.2.2) whose attributes are resolved and whose values have the attribute's type.</summary>
public abstract record Filter
{
    private Filter() { }

    public sealed record And(Filter Left, Filter Right) : Filter;

    public sealed record Or(Filter Left, Filter Right) : Filter;

    public sealed record Not(Filter Inner) : Filter;

    /// <summary><c>attribute pr</c>, and <c>attribute ne null</c>.</summary>
    public sealed record Present(AttributePath Path) : Filter;

    /// <summary>
    /// One comparison. A multi-valued attribute matches when any of its values does; <c>ne</c> also matches an
    /// unassigned attribute. The value is never null: <c>eq null</c> is <c>not (pr)</c>.
    /// </summary>
    public sealed record Comparison(AttributePath Path, FilterOperator Operator, FilterValue Value) : Filter;

    /// <summary><c>attribute[inner]</c>: one element of the attribute matches the whole inner filter.</summary>
    public sealed record ValuePath(AttributePath Path, Filter Inner) : Filter;

    /// <summary>An attribute that this resource type does not have, in a search over several types.</summary>
    public sealed record Constant(bool Matches) : Filter;
}

/// <summary>
/// A comparison value in comparison form: text folded if the attribute ignores case, a dateTime as sortable UTC text.
/// Exactly one of text, flag, integer and number is set.
/// </summary>
public readonly record struct FilterValue(string? Text, bool? Flag = null, long? Integer = null, double? Number = null)
{
    /// <summary>The text as the client wrote it.</summary>
    public string? Original { get; init; }

    /// <summary>Both for an integer attribute that is compared with a fraction.</summary>
    public double AsNumber => Number ?? Integer ?? 0;
}
