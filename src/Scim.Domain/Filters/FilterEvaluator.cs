using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Text;

namespace Scim.Domain.Filters;

/// <summary>
/// Evaluates a filter in memory: value paths of PATCH, and the oracle that the SQL is tested against. Two-valued: a
/// comparison with an unassigned attribute is false, except <c>ne</c>.
/// </summary>
public static class FilterEvaluator
{
    /// <summary>Evaluates against the root of a document.</summary>
    public static bool Matches(this Filter filter, ComplexValue resource) =>
        filter switch
        {
            Filter.And and => and.Left.Matches(resource) && and.Right.Matches(resource),
            Filter.Or or => or.Left.Matches(resource) || or.Right.Matches(resource),
            Filter.Not not => !not.Inner.Matches(resource),
            Filter.Constant constant => constant.Matches,
            Filter.Present present => Values(present.Path, resource).Any(),
            Filter.Comparison comparison => Matches(comparison, resource),
            Filter.ValuePath path => Elements(path.Path, resource).OfType<ComplexValue>().Any(path.Inner.Matches),
            _ => throw new InvalidOperationException($"Unknown filter {filter.GetType().Name}."),
        };

    private static bool Matches(Filter.Comparison comparison, ComplexValue resource)
    {
        var any = false;
        foreach (var value in Compared(comparison.Path, resource))
        {
            any = true;
            if (Matches(value, comparison.Path.Target, comparison.Operator, comparison.Value))
            {
                return true;
            }
        }

        return !any && comparison.Operator == FilterOperator.NotEqual;
    }

    private static IEnumerable<Value> Compared(AttributePath path, ComplexValue resource)
    {
        if (!path.Target.AssumedFalse)
        {
            return Values(path, resource);
        }

        return path.Sub is null
            ? [resource[path.Attribute] ?? BooleanValue.False]
            : Elements(path, resource).Select(element => ((ComplexValue)element)[path.Sub] ?? BooleanValue.False);
    }

    private static IEnumerable<Value> Values(AttributePath path, ComplexValue resource)
    {
        foreach (var element in Elements(path, resource))
        {
            if (path.Sub is null)
            {
                yield return element;
            }
            else if (element is ComplexValue complex && complex[path.Sub] is { } value)
            {
                if (value is ListValue list)
                {
                    foreach (var item in list.Items)
                    {
                        yield return item;
                    }
                }
                else
                {
                    yield return value;
                }
            }
        }
    }

    private static IReadOnlyList<Value> Elements(AttributePath path, ComplexValue resource)
    {
        var holder = path.Extension is null ? resource : resource[path.Extension] as ComplexValue;
        return holder?[path.Attribute] switch
        {
            null => [],
            ListValue list => list.Items,
            var single => [single],
        };
    }

    private static bool Matches(
        Value value,
        AttributeDefinition attribute,
        FilterOperator comparison,
        FilterValue operand
    )
    {
        switch (value)
        {
            case BooleanValue boolean:
                return (boolean.Flag == operand.Flag) == (comparison == FilterOperator.Equal);
            case IntegerValue integer when operand.Integer is { } other:
                return Holds(integer.Number.CompareTo(other), comparison);
            case IntegerValue integer:
                return Holds(((double)integer.Number).CompareTo(operand.AsNumber), comparison);
            case DecimalValue number:
                return Holds(number.Number.CompareTo(operand.AsNumber), comparison);
            case DateTimeValue time:
                return Holds(string.CompareOrdinal(time.Sortable, operand.Text), comparison);
            case TextValue text:
                var form = attribute.Folds ? Folding.Fold(text.Text) : text.Text;
                return comparison switch
                {
                    FilterOperator.Contains => form.Contains(operand.Text!, StringComparison.Ordinal),
                    FilterOperator.StartsWith => form.StartsWith(operand.Text!, StringComparison.Ordinal),
                    FilterOperator.EndsWith => form.EndsWith(operand.Text!, StringComparison.Ordinal),
                    _ => Holds(Folding.Compare(form, operand.Text!), comparison),
                };
            default:
                return false;
        }
    }

    private static bool Holds(int order, FilterOperator comparison) =>
        comparison switch
        {
            FilterOperator.Equal => order == 0,
            FilterOperator.NotEqual => order != 0,
            FilterOperator.GreaterThan => order > 0,
            FilterOperator.GreaterOrEqual => order >= 0,
            FilterOperator.LessThan => order < 0,
            FilterOperator.LessOrEqual => order <= 0,
            _ => false,
        };
}
