using System.Text;
using System.Text.Json;

namespace Scim.Domain.Schemas;

/// <summary>RFC 7643 §2.3.</summary>
public enum AttributeType
{
    String,
    Boolean,
    Decimal,
    Integer,
    DateTime,
    Binary,
    Reference,
    Complex,
}

/// <summary>RFC 7643 §7, <c>mutability</c>.</summary>
public enum Mutability
{
    ReadWrite,
    ReadOnly,
    Immutable,
    WriteOnly,
}

/// <summary>RFC 7643 §7, <c>returned</c>.</summary>
public enum Returned
{
    Default,
    Always,
    Request,
    Never,
}

/// <summary>RFC 7643 §7, <c>uniqueness</c>.</summary>
public enum Uniqueness
{
    None,
    Server,
    Global,
}

/// <summary>
/// One attribute with its characteristics (RFC 7643 §7), compiled for look-up. An extension is an attribute of the
/// resource too: complex, single-valued, named by its URN.
/// </summary>
public sealed class AttributeDefinition
{
    public required string Name { get; init; }

    public AttributeType Type { get; init; }

    public bool MultiValued { get; init; }

    public string Description { get; init; } = "";

    /// <summary>For an extension: every resource of the type has it (RFC 7643 §6).</summary>
    public bool Required { get; init; }

    public bool CaseExact { get; init; }

    public Mutability Mutability { get; init; }

    public Returned Returned { get; init; }

    public Uniqueness Uniqueness { get; init; }

    public IReadOnlyList<string> CanonicalValues { get; init; } = [];

    public IReadOnlyList<string> ReferenceTypes { get; init; } = [];

    /// <summary>Position among its siblings; values of a complex attribute are kept in this order.</summary>
    public required int Index { get; init; }

    /// <summary>As a client would write it in a filter: <c>name.givenName</c>, <c>urn:…:User:manager.value</c>.</summary>
    public required string Path { get; init; }

    public bool IsExtension { get; init; }

    /// <summary>
    /// The server fills it in when it is read and never keeps what a client sends: <c>groups</c>, <c>meta</c>, the
    /// display of a member, the <c>$ref</c> of a manager.
    /// </summary>
    public bool Derived { get; init; }

    /// <summary>Held in a table of its own instead of the document: <c>members</c>.</summary>
    public bool Relation { get; init; }

    /// <summary>Counts as false where it is absent: <c>primary</c> (RFC 7643 §2.4).</summary>
    public bool AssumedFalse { get; private init; }

    /// <summary>Sub-attributes, empty unless complex.</summary>
    public AttributeTable Attributes { get; internal init; } = AttributeTable.Empty;

    public JsonEncodedText EncodedName { get; private init; }

    /// <summary>The sub-attribute that stands for the whole where a client names only the attribute (<c>emails eq</c>).</summary>
    public AttributeDefinition? Value => Attributes.Find("value");

    public AttributeDefinition? Primary => Attributes.Find("primary");

    /// <summary>Clients must supply it; what they may not write, or what lies elsewhere, is not asked of them.</summary>
    internal bool IsDemanded => Required && !Derived && !Relation && Mutability != Mutability.ReadOnly;

    /// <summary>Text whose comparisons ignore case (RFC 7643 §2.2: caseExact false).</summary>
    public bool Folds => !CaseExact && (Type is AttributeType.String or AttributeType.Reference);

    public override string ToString() => Path;

    /// <param name="definition">An attribute object of a Schema resource (RFC 7643 §7).</param>
    /// <param name="index">Position among its siblings.</param>
    /// <param name="prefix">Path of the parent with its separator, or empty.</param>
    /// <param name="derived">Paths whose values the server derives.</param>
    /// <param name="inMultiValued">True for the sub-attributes of a multi-valued attribute.</param>
    internal static AttributeDefinition Read(
        JsonElement definition,
        int index,
        string prefix,
        Predicate<string> derived,
        bool inMultiValued = false
    )
    {
        var name = definition.GetProperty("name").GetString()!;
        var path = prefix + name;
        var type = Parse<AttributeType>(definition, "type");
        var multiValued = Flag(definition, "multiValued");
        var subAttributes = definition.TryGetProperty("subAttributes", out var subs)
            ? subs.EnumerateArray().Select((sub, i) => Read(sub, i, path + ".", derived, multiValued)).ToArray()
            : [];
        return new AttributeDefinition
        {
            Name = name,
            EncodedName = Encode(name),
            Path = path,
            Index = index,
            Type = type,
            MultiValued = multiValued,
            Description = definition.TryGetProperty("description", out var text) ? text.GetString() ?? "" : "",
            Required = Flag(definition, "required"),
            CaseExact = Flag(definition, "caseExact"),
            Mutability = Parse<Mutability>(definition, "mutability"),
            Returned = Parse<Returned>(definition, "returned"),
            Uniqueness = Parse<Uniqueness>(definition, "uniqueness"),
            CanonicalValues = Texts(definition, "canonicalValues"),
            ReferenceTypes = Texts(definition, "referenceTypes"),
            Derived = derived(path),
            AssumedFalse = inMultiValued && type == AttributeType.Boolean && name == "primary",
            Relation = path == "members",
            Attributes = new AttributeTable(subAttributes),
        };
    }

    internal static AttributeDefinition Common(
        string name,
        int index,
        AttributeType type,
        Mutability mutability,
        Returned returned,
        bool multiValued = false,
        Uniqueness uniqueness = Uniqueness.None,
        bool derived = false,
        string prefix = "",
        params AttributeDefinition[] attributes
    ) =>
        new()
        {
            Name = name,
            EncodedName = Encode(name),
            Path = prefix + name,
            Index = index,
            Type = type,
            MultiValued = multiValued,
            CaseExact = true,
            Mutability = mutability,
            Returned = returned,
            Uniqueness = uniqueness,
            Derived = derived,
            Attributes = new AttributeTable(attributes),
        };

    internal static AttributeDefinition Extension(
        string urn,
        int index,
        bool required,
        IEnumerable<AttributeDefinition> attributes
    ) =>
        new()
        {
            Name = urn,
            EncodedName = Encode(urn),
            Path = urn,
            Index = index,
            Type = AttributeType.Complex,
            Required = required,
            IsExtension = true,
            Attributes = new AttributeTable([.. attributes]),
        };

    /// <summary>
    /// A simple multi-valued attribute as a value path sees it: elements with the one sub-attribute <c>value</c>
    /// (RFC 7643 §2.4, RFC 7644 §3.5.2.2).
    /// </summary>
    internal AttributeDefinition AsElement() =>
        new()
        {
            Name = Name,
            Path = Path,
            Index = Index,
            Type = AttributeType.Complex,
            MultiValued = true,
            Attributes = new AttributeTable([
                new AttributeDefinition
                {
                    Name = "value",
                    Path = Path + ".value",
                    Index = 0,
                    Type = Type,
                    CaseExact = CaseExact,
                },
            ]),
        };

    private static JsonEncodedText Encode(string name) => JsonEncodedText.Encode(Encoding.UTF8.GetBytes(name));

    private static bool Flag(JsonElement definition, string name) =>
        definition.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static T Parse<T>(JsonElement definition, string name)
        where T : struct, Enum =>
        definition.TryGetProperty(name, out var value) ? Enum.Parse<T>(value.GetString()!, ignoreCase: true) : default;

    private static string[] Texts(JsonElement definition, string name) =>
        definition.TryGetProperty(name, out var values)
            ? [.. values.EnumerateArray().Select(value => value.GetString()!)]
            : [];
}
