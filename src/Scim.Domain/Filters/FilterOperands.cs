using System.Text.Json;
using Scim.Domain.Errors;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;
using Scim.Domain.Text;

namespace Scim.Domain.Filters;

/// <summary>Gives the value of a comparison the attribute's type and comparison form, or refuses it (RFC 7644 §3.4.2.2).</summary>
internal static class FilterOperands
{
    public static FilterValue Convert(
        AttributeDefinition attribute,
        FilterOperator comparison,
        JsonElement value,
        DeviationLog deviations
    )
    {
        var partial = comparison is FilterOperator.Contains or FilterOperator.StartsWith or FilterOperator.EndsWith;
        var ordering = comparison >= FilterOperator.GreaterThan;
        switch (attribute.Type)
        {
            case AttributeType.Boolean:
                if (partial || ordering)
                {
                    throw ScimError.InvalidFilter(
                        $"{attribute.Path} is a boolean: only eq and ne apply (RFC 7644 §3.4.2.2)."
                    );
                }

                if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
                {
                    return new FilterValue(null, Flag: value.ValueKind == JsonValueKind.True);
                }

                return
                    value.ValueKind == JsonValueKind.String
                    && BooleanValue.Parse(value.GetString()!) is { } boolean
                    && deviations.Tolerates(Deviation.StringBoolean)
                    ? new FilterValue(null, Flag: boolean.Flag)
                    : throw Operand(attribute, "true or false");
            case AttributeType.Integer or AttributeType.Decimal:
                if (partial)
                {
                    throw ScimError.InvalidFilter($"{attribute.Path} is a number: co, sw and ew do not apply.");
                }

                if (value.ValueKind != JsonValueKind.Number)
                {
                    throw Operand(attribute, "a number");
                }

                if (attribute.Type == AttributeType.Integer && value.TryGetInt64(out var integer))
                {
                    return new FilterValue(null, Integer: integer);
                }

                return value.TryGetDouble(out var number) && double.IsFinite(number)
                    ? new FilterValue(null, Number: number)
                    : throw Operand(attribute, "a number that a double can hold");
            case AttributeType.DateTime:
                if (partial)
                {
                    throw ScimError.InvalidFilter($"{attribute.Path} is a dateTime: co, sw and ew do not apply.");
                }

                return value.ValueKind == JsonValueKind.String && DateTimeValue.Parse(value.GetString()!) is { } time
                    ? new FilterValue(time.Sortable) { Original = time.Text }
                    : throw Operand(attribute, "a dateTime such as \"2011-05-13T04:42:34Z\"");
            case AttributeType.Binary when ordering:
                throw ScimError.InvalidFilter($"{attribute.Path} is binary: it has no order (RFC 7644 §3.4.2.2).");
            default:
                if (value.ValueKind != JsonValueKind.String)
                {
                    throw Operand(attribute, "a string in double quotes");
                }

                var text = value.GetString()!;
                if (text.Contains('\0'))
                {
                    throw Operand(attribute, "a string without the character U+0000");
                }

                return new FilterValue(attribute.Folds ? Folding.Fold(text) : text) { Original = text };
        }
    }

    private static ScimException Operand(AttributeDefinition attribute, string expected) =>
        ScimError.InvalidFilter($"{attribute.Path} can only be compared with {expected}.");
}
