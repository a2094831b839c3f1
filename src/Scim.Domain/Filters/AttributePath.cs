using Scim.Domain.Schemas;

namespace Scim.Domain.Filters;

/// <summary>
/// A resolved attribute path (RFC 7644 §3.10): an attribute of the resource or of an extension, and perhaps one of its
/// sub-attributes.
/// </summary>
/// <param name="Extension">The extension that holds the attribute; null for the resource itself.</param>
/// <param name="Attribute">The attribute. For a path that is only an extension's URN, the extension.</param>
/// <param name="Sub">The sub-attribute, if the path names one.</param>
public sealed record AttributePath(
    AttributeDefinition? Extension,
    AttributeDefinition Attribute,
    AttributeDefinition? Sub
)
{
    /// <summary>The definition that the path ends at.</summary>
    public AttributeDefinition Target => Sub ?? Attribute;

    /// <summary>The root attribute whose stored value holds everything under this path.</summary>
    public AttributeDefinition Root => Extension ?? Attribute;

    /// <summary>Resolves a path without brackets; null when an attribute or sub-attribute of it is not defined.</summary>
    /// <param name="schema">The resource type.</param>
    /// <param name="path"><c>[URN:]attribute[.sub]</c>.</param>
    /// <param name="bareExtension">True when the attribute belongs to an extension and the path left out the URN.</param>
    public static AttributePath? Resolve(ResourceSchema schema, string path, out bool bareExtension)
    {
        bareExtension = false;
        var table = schema.Root;
        AttributeDefinition? extension = null;
        var rest = path;
        if (path.StartsWith("urn:", StringComparison.OrdinalIgnoreCase))
        {
            if (!schema.TrySplitUrn(path, out extension, out rest))
            {
                return null;
            }

            if (rest.Length == 0)
            {
                return extension is null ? null : new AttributePath(null, extension, null);
            }

            table = extension?.Attributes ?? table;
        }

        var dot = rest.IndexOf('.', StringComparison.Ordinal);
        var name = dot < 0 ? rest : rest[..dot];
        var attribute = table.Find(name);
        if (attribute is null && extension is null && schema.Find(name) is { Extension: not null } bare)
        {
            (extension, attribute) = bare;
            bareExtension = true;
        }

        if (attribute is null || attribute.IsExtension)
        {
            return null;
        }

        if (dot < 0)
        {
            return new AttributePath(extension, attribute, null);
        }

        return attribute.Attributes.Find(rest.AsSpan(dot + 1)) is { } sub
            ? new AttributePath(extension, attribute, sub)
            : null;
    }
}
