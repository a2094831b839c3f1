using System.Collections;
using System.Collections.Frozen;
using System.Text;

namespace Scim.Domain.Schemas;

/// <summary>The attributes of one level, in order, found by name without regard to case (RFC 7643 §2.1). Look-up is O(1).</summary>
public sealed class AttributeTable : IReadOnlyList<AttributeDefinition>
{
    public static readonly AttributeTable Empty = new([]);

    private const int LongestName = 256;

    private readonly AttributeDefinition[] _attributes;
    private readonly FrozenDictionary<string, AttributeDefinition>.AlternateLookup<ReadOnlySpan<char>> _byName;

    public AttributeTable(AttributeDefinition[] attributes)
    {
        _attributes = attributes;
        _byName = attributes
            .ToFrozenDictionary(attribute => attribute.Name, StringComparer.OrdinalIgnoreCase)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int Count => _attributes.Length;

    public AttributeDefinition this[int index] => _attributes[index];

    public AttributeDefinition? Find(ReadOnlySpan<char> name) =>
        _byName.TryGetValue(name, out var found) ? found : null;

    public AttributeDefinition? Find(ReadOnlySpan<byte> utf8Name)
    {
        if (utf8Name.Length > LongestName)
        {
            return null;
        }

        Span<char> name = stackalloc char[LongestName];
        var length = Encoding.UTF8.GetChars(utf8Name, name);
        return Find(name[..length]);
    }

    public IEnumerator<AttributeDefinition> GetEnumerator() =>
        ((IEnumerable<AttributeDefinition>)_attributes).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _attributes.GetEnumerator();
}
