using Scim.Domain.Resources;
using Scim.Domain.Schemas;

namespace Scim.Domain.Patching;

/// <summary>
/// The values that a <c>remove</c> lists. One covers an element that has all the sub-attributes it names, compared as a
/// filter would; look-up by hash, since both lists may be long.
/// </summary>
internal sealed class ListedValues
{
    private readonly AttributeDefinition _attribute;
    private readonly HashSet<Value> _simple = [];
    private readonly List<(AttributeDefinition[] Named, HashSet<Value> Values)> _complex = [];

    public ListedValues(IReadOnlyList<Value> listed, AttributeDefinition attribute)
    {
        _attribute = attribute;
        foreach (var value in listed.Select(Comparable))
        {
            if (value is ComplexValue complex)
            {
                Shape(complex).Add(complex);
            }
            else
            {
                _simple.Add(value);
            }
        }
    }

    public bool Cover(Value item)
    {
        var comparable = Comparable(item);
        return comparable is ComplexValue complex
            ? _complex.Exists(shape => shape.Values.Contains(Only(complex, shape.Named)))
            : _simple.Contains(comparable);
    }

    private HashSet<Value> Shape(ComplexValue value)
    {
        var named = value.Table.Where(sub => value[sub] is not null).ToArray();
        var known = _complex.Find(shape => shape.Named.SequenceEqual(named));
        if (known.Values is null)
        {
            known = (named, []);
            _complex.Add(known);
        }

        return known.Values;
    }

    private Value Comparable(Value value) => DocumentWriter.Comparable(value, _attribute);

    private static ComplexValue Only(ComplexValue value, AttributeDefinition[] named)
    {
        var slots = new Value?[value.Table.Count];
        foreach (var sub in named)
        {
            slots[sub.Index] = value[sub];
        }

        return ComplexValue.Of(value.Table, slots);
    }
}
