using Scim.Domain.Filters;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;

namespace Scim.Domain.Patching;

/// <summary>What a value path without a match creates (a deviation from RFC 7644 §3.5.2.3 that clients depend on).</summary>
internal static class ElementTemplate
{
    /// <summary>The element that a path without a match describes: only <c>eq</c>s joined by <c>and</c> do.</summary>
    public static ComplexValue? Of(PatchPath path)
    {
        var attribute = path.Attribute.Attribute;
        var element = ComplexValue.Empty(attribute.Attributes);
        if (path.Element is null)
        {
            return element;
        }

        // Contradicting equalities describe no element.
        return Fill(path.Element) && path.Element.Matches(element) ? element : null;

        bool Fill(Filter filter)
        {
            switch (filter)
            {
                case Filter.And and:
                    return Fill(and.Left) && Fill(and.Right);
                case Filter.Comparison { Operator: FilterOperator.Equal } equal when equal.Path.Sub is null:
                    var sub = equal.Path.Attribute;
                    var value = ValueOf(equal.Value, sub.Type);
                    element = element.With(sub, value is not null && sub.MultiValued ? new ListValue([value]) : value);
                    return value is not null;
                default:
                    return false;
            }
        }
    }

    /// <summary>The value that equals the operand, if an attribute of this type can hold it.</summary>
    private static Value? ValueOf(FilterValue operand, AttributeType type) =>
        (type, operand) switch
        {
            (AttributeType.Boolean, { Flag: { } flag }) => BooleanValue.Of(flag),
            (AttributeType.Integer, { Integer: { } integer }) => new IntegerValue(integer),
            (AttributeType.Decimal, { Number: { } number }) => new DecimalValue(number == 0 ? 0 : number),
            (AttributeType.DateTime, { Original: { } text }) => DateTimeValue.Parse(text),
            (AttributeType.Binary, { Original: { Length: > 0 } text }) => ValueReader.IsBinary(text)
                ? new TextValue(text)
                : null,
            (AttributeType.String or AttributeType.Reference, { Original: { Length: > 0 } text }) => new TextValue(
                text
            ),
            _ => null,
        };
}
