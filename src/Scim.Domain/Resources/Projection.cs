using Scim.Domain.Errors;
using Scim.Domain.Schemas;

namespace Scim.Domain.Resources;

/// <summary>
/// Which attributes an answer shows (RFC 7644 §3.9): <c>returned</c> of the schema, narrowed or widened by
/// <c>attributes</c> or <c>excludedAttributes</c>. Unknown names are ignored.
/// </summary>
public sealed class Projection
{
    private readonly Level _root;

    private Projection(Level root, bool isDefault) => (_root, IsDefault) = (root, isDefault);

    /// <summary>True when stored bytes can go out as they are.</summary>
    public bool IsDefault { get; }

    internal Level Root => _root;

    /// <summary>True when the attribute of the root is shown, in whole or in part.</summary>
    public bool Shows(AttributeDefinition attribute) => _root.Shows(attribute);

    /// <param name="schema">The resource type.</param>
    /// <param name="attributes">Names to show beside those always returned; null or empty when not asked.</param>
    /// <param name="excluded">Names to leave out, unless always returned.</param>
    public static Projection Create(
        ResourceSchema schema,
        IReadOnlyList<string>? attributes = null,
        IReadOnlyList<string>? excluded = null
    )
    {
        if (attributes is { Count: > 0 } && excluded is { Count: > 0 })
        {
            throw ScimError.InvalidValue("attributes and excludedAttributes exclude each other (RFC 7644 §3.9).");
        }

        if (attributes is { Count: > 0 })
        {
            var root = new Level(schema.Root, shown: false);
            foreach (var name in attributes)
            {
                Visit(schema, root, name, (level, attribute) => level.Include(attribute));
            }

            return new Projection(root.Finish(), isDefault: false);
        }

        if (excluded is { Count: > 0 })
        {
            var root = new Level(schema.Root, shown: true);
            foreach (var name in excluded)
            {
                Visit(schema, root, name, (level, attribute) => level.Exclude(attribute));
            }

            return new Projection(root.Finish(), isDefault: false);
        }

        return schema.DefaultProjection;
    }

    internal static Projection Default(ResourceSchema schema) =>
        new(new Level(schema.Root, shown: true).Finish(), isDefault: !schema.HasHiddenAttributes);

    private static void Visit(ResourceSchema schema, Level root, string name, Action<Level, AttributeDefinition> act)
    {
        var level = root;
        var rest = name.Trim();
        if (rest.StartsWith("urn:", StringComparison.OrdinalIgnoreCase))
        {
            if (!schema.TrySplitUrn(rest, out var extension, out rest))
            {
                return;
            }

            if (extension is not null)
            {
                if (rest.Length == 0)
                {
                    act(root, extension);
                    return;
                }

                level = root.Enter(extension);
            }
        }

        var dot = rest.IndexOf('.', StringComparison.Ordinal);
        var first = dot < 0 ? rest : rest[..dot];
        var attribute = level.Table.Find(first);
        if (attribute is null && ReferenceEquals(level, root) && schema.Find(first) is { Extension: { } owner } bare)
        {
            (level, attribute) = (root.Enter(owner), bare.Attribute);
        }

        if (attribute is null)
        {
            return;
        }

        if (dot < 0)
        {
            act(level, attribute);
        }
        else if (attribute.Attributes.Find(rest.AsSpan(dot + 1)) is { } sub)
        {
            act(level.Enter(attribute), sub);
        }
    }

    /// <summary>The choice among the attributes of one table.</summary>
    internal sealed class Level
    {
        private readonly bool _default;
        private readonly bool[] _shown;
        private readonly Level?[] _inner;

        public Level(AttributeTable table, bool shown)
        {
            Table = table;
            _default = shown;
            _shown = new bool[table.Count];
            _inner = new Level?[table.Count];
            foreach (var attribute in table)
            {
                _shown[attribute.Index] = attribute.Returned switch
                {
                    Returned.Always => true,
                    Returned.Default => shown,
                    _ => false,
                };
            }
        }

        public AttributeTable Table { get; }

        public bool Shows(AttributeDefinition attribute) => _shown[attribute.Index];

        /// <summary>The choice inside a complex attribute; null when all of it is shown.</summary>
        public Level? Inside(AttributeDefinition attribute) => _inner[attribute.Index];

        public void Include(AttributeDefinition attribute)
        {
            if (attribute.Returned != Returned.Never)
            {
                _shown[attribute.Index] = true;
                _inner[attribute.Index] = null;
            }
        }

        public void Exclude(AttributeDefinition attribute)
        {
            if (attribute.Returned != Returned.Always)
            {
                _shown[attribute.Index] = false;
            }
        }

        public Level Enter(AttributeDefinition attribute)
        {
            if (_inner[attribute.Index] is { } inner)
            {
                return inner;
            }

            // Asking for a part of what is shown in whole already must not narrow it.
            inner = new Level(attribute.Attributes, _default || _shown[attribute.Index]);
            if (!_default && attribute.Returned != Returned.Never)
            {
                _shown[attribute.Index] = true;
            }

            return _inner[attribute.Index] = inner;
        }

        /// <summary>Adds a choice inside shown complex attributes that hide a part of themselves by default.</summary>
        public Level Finish()
        {
            foreach (var attribute in Table)
            {
                // An extension's attribute that is always returned stays when the extension is left out.
                if (
                    !_shown[attribute.Index]
                    && attribute.IsExtension
                    && attribute.Attributes.Any(inner => inner.Returned == Returned.Always)
                )
                {
                    _shown[attribute.Index] = true;
                    _inner[attribute.Index] = new Level(attribute.Attributes, shown: false);
                }

                if (!_shown[attribute.Index] || attribute.Attributes.Count == 0)
                {
                    continue;
                }

                if (_inner[attribute.Index] is { } inner)
                {
                    inner.Finish();
                }
                else if (attribute.Attributes.Any(Hides))
                {
                    _inner[attribute.Index] = new Level(attribute.Attributes, shown: true).Finish();
                }
            }

            return this;
        }

        private static bool Hides(AttributeDefinition attribute) =>
            attribute.Returned is Returned.Request or Returned.Never || attribute.Attributes.Any(Hides);
    }
}
