using Scim.Domain.Filters;
using Scim.Domain.Resources;

namespace Scim.Domain.Schemas;

/// <summary>
/// A resource type with its core schema and extensions, compiled once per version into look-up tables. The root table
/// holds the common attributes (RFC 7643 §3.1), the core attributes and one complex attribute per extension.
/// </summary>
public sealed class ResourceSchema
{
    private static readonly HashSet<string> DerivedPaths = new(StringComparer.Ordinal)
    {
        "groups",
        "members.$ref",
        "members.type",
        "members.display",
        Urns.EnterpriseUser + ":manager.$ref",
        Urns.EnterpriseUser + ":manager.displayName",
    };

    // Of the RFC's own: they have unique indexes of their own.
    private static readonly HashSet<string> UniqueColumns = new(StringComparer.Ordinal) { "userName", "displayName" };

    private ResourceSchema(string name, string endpoint, SchemaDocument core, IReadOnlyList<SchemaDocument> extensions)
    {
        Name = name;
        Endpoint = endpoint;
        Core = core;
        Extensions = extensions;

        var root = new List<AttributeDefinition>();
        Schemas = Add(
            AttributeDefinition.Common(
                "schemas",
                0,
                AttributeType.Reference,
                Mutability.ReadOnly,
                Returned.Always,
                multiValued: true,
                derived: true
            )
        );
        Id = Add(
            AttributeDefinition.Common(
                "id",
                1,
                AttributeType.String,
                Mutability.ReadOnly,
                Returned.Always,
                uniqueness: Uniqueness.Server,
                derived: true
            )
        );
        ExternalId = Add(
            AttributeDefinition.Common("externalId", 2, AttributeType.String, Mutability.ReadWrite, Returned.Default)
        );
        foreach (var attribute in core.Attributes.EnumerateArray())
        {
            Add(AttributeDefinition.Read(attribute, root.Count, "", DerivedPaths.Contains));
        }

        foreach (var extension in extensions)
        {
            var attributes = extension
                .Attributes.EnumerateArray()
                .Select((a, i) => AttributeDefinition.Read(a, i, extension.Urn + ":", DerivedPaths.Contains));
            Add(AttributeDefinition.Extension(extension.Urn, root.Count, extension.Required, attributes));
        }

        Meta = Add(CommonMeta(root.Count));
        Root = new AttributeTable([.. root]);
        HasHiddenAttributes = Root.Any(Hidden);
        Unique = [.. UniqueAmong(null, Root).Where(path => !UniqueColumns.Contains(path.Target.Path))];

        AttributeDefinition Add(AttributeDefinition attribute)
        {
            root.Add(attribute);
            return attribute;
        }

        static bool Hidden(AttributeDefinition attribute) =>
            attribute.Mutability != Mutability.WriteOnly
            && (attribute.Returned is Returned.Request or Returned.Never || attribute.Attributes.Any(Hidden));
    }

    public string Name { get; }

    /// <summary>Relative to the base URL, with its slash: <c>/Users</c>.</summary>
    public string Endpoint { get; }

    public string Urn => Core.Urn;

    public SchemaDocument Core { get; }

    public IReadOnlyList<SchemaDocument> Extensions { get; }

    public AttributeTable Root { get; }

    public AttributeDefinition Schemas { get; }

    public AttributeDefinition Id { get; }

    public AttributeDefinition ExternalId { get; }

    public AttributeDefinition Meta { get; }

    /// <summary>True when some stored attribute is not part of the default answer, so stored bytes cannot go out as they are.</summary>
    public bool HasHiddenAttributes { get; }

    /// <summary>The tenant's attributes of which no two resources of the type have a value in common (RFC 7643 §7); mostly none.</summary>
    public IReadOnlyList<AttributePath> Unique { get; }

    /// <summary>What an answer shows when the client asks for neither more nor less.</summary>
    internal Projection DefaultProjection => field ??= Projection.Default(this);

    /// <param name="added">Schemas of the tenant: extensions, or further attributes under the URN of a built-in schema.</param>
    public static ResourceSchema User(params IReadOnlyList<SchemaDocument> added) =>
        new(
            "User",
            "/Users",
            BuiltInSchemas.User.With(added),
            [BuiltInSchemas.EnterpriseUser.With(added), .. Own(added)]
        );

    /// <param name="added">As for users.</param>
    public static ResourceSchema Group(params IReadOnlyList<SchemaDocument> added) =>
        new("Group", "/Groups", BuiltInSchemas.Group.With(added), [.. Own(added)]);

    private static IEnumerable<SchemaDocument> Own(IReadOnlyList<SchemaDocument> added) =>
        added.Where(schema => !Urns.Known.Contains(schema.Urn));

    /// <summary>
    /// Finds an attribute by plain name: the root first, then, when exactly one extension knows it, that extension's.
    /// </summary>
    public (AttributeDefinition? Extension, AttributeDefinition Attribute)? Find(ReadOnlySpan<char> name)
    {
        if (Root.Find(name) is { } found)
        {
            return (null, found);
        }

        (AttributeDefinition?, AttributeDefinition)? match = null;
        foreach (var extension in Root)
        {
            if (extension.IsExtension && extension.Attributes.Find(name) is { } inner)
            {
                if (match is not null)
                {
                    return null;
                }

                match = (extension, inner);
            }
        }

        return match;
    }

    /// <summary>Splits <c>urn:…:User:attribute</c> at the URN of this resource that it begins with (case ignored).</summary>
    /// <returns>The extension (null for the core schema) and what follows the URN, which is empty when nothing does.</returns>
    public bool TrySplitUrn(string path, out AttributeDefinition? extension, out string rest)
    {
        extension = null;
        rest = "";
        AttributeDefinition? best = null;
        var length = 0;
        if (StartsWith(Urn))
        {
            length = Urn.Length;
        }

        foreach (var candidate in Root)
        {
            if (candidate.IsExtension && candidate.Name.Length > length && StartsWith(candidate.Name))
            {
                best = candidate;
                length = candidate.Name.Length;
            }
        }

        if (length == 0)
        {
            return false;
        }

        extension = best;
        rest = path.Length > length ? path[(length + 1)..] : "";
        return true;

        // Older clients write a dot instead of the colon before the attribute.
        bool StartsWith(string urn) =>
            path.StartsWith(urn, StringComparison.OrdinalIgnoreCase)
            && (path.Length == urn.Length || path[urn.Length] is ':' or '.');
    }

    private static IEnumerable<AttributePath> UniqueAmong(
        AttributeDefinition? extension,
        IEnumerable<AttributeDefinition> attributes
    )
    {
        foreach (var attribute in attributes.Where(attribute => !attribute.Derived))
        {
            if (attribute.Uniqueness != Uniqueness.None)
            {
                yield return new AttributePath(extension, attribute, null);
            }

            var inner = attribute.IsExtension
                ? UniqueAmong(attribute, attribute.Attributes)
                : UniqueAmong(extension, attribute.Attributes)
                    .Select(path => path with { Attribute = attribute, Sub = path.Attribute });
            foreach (var path in inner)
            {
                yield return path;
            }
        }
    }

    private static AttributeDefinition CommonMeta(int index) =>
        AttributeDefinition.Common(
            "meta",
            index,
            AttributeType.Complex,
            Mutability.ReadOnly,
            Returned.Default,
            derived: true,
            attributes:
            [
                MetaPart("resourceType", 0, AttributeType.String),
                MetaPart("created", 1, AttributeType.DateTime),
                MetaPart("lastModified", 2, AttributeType.DateTime),
                MetaPart("location", 3, AttributeType.Reference),
                MetaPart("version", 4, AttributeType.String),
            ]
        );

    private static AttributeDefinition MetaPart(string name, int index, AttributeType type) =>
        AttributeDefinition.Common(
            name,
            index,
            type,
            Mutability.ReadOnly,
            Returned.Default,
            derived: true,
            prefix: "meta."
        );
}
