using Scim.Domain.Schemas;

namespace Scim.Domain.Resources;

/// <summary>
/// The attributes of one resource bound to its schema, without what the server derives (id, meta, groups, members).
/// Immutable: an edit returns another document that shares what did not change.
/// </summary>
public sealed class Document(ResourceSchema schema, ComplexValue root) : IEquatable<Document>
{
    public ResourceSchema Schema { get; } = schema;

    public ComplexValue Root { get; } = root;

    public static Document Empty(ResourceSchema schema) => new(schema, ComplexValue.Empty(schema.Root));

    public Document With(ComplexValue root) => ReferenceEquals(root, Root) ? this : new Document(Schema, root);

    /// <summary>Text of a root attribute, or of a sub-attribute of a single-valued one.</summary>
    public string? Text(string name, string? subAttribute = null)
    {
        var attribute = Schema.Root.Find(name);
        if (attribute is null)
        {
            return null;
        }

        return subAttribute is null
            ? Root.Text(attribute)
            : (Root[attribute] as ComplexValue)?.Text(attribute.Attributes.Find(subAttribute));
    }

    /// <summary>The URNs that the resource's <c>schemas</c> shows (RFC 7643 §3): the core one and each extension with a value.</summary>
    public IEnumerable<string> SchemaUrns =>
        Schema
            .Root.Where(attribute => attribute.IsExtension && Root[attribute] is not null)
            .Select(a => a.Name)
            .Prepend(Schema.Urn);

    public bool Equals(Document? other) => other is not null && Root.Equals(other.Root);

    public override bool Equals(object? obj) => Equals(obj as Document);

    public override int GetHashCode() => Root.GetHashCode();
}

/// <summary>What a client's body held: the document, and beside it what never belongs in one.</summary>
/// <param name="Document">The bound attributes.</param>
/// <param name="Password">Plain text, to be hashed at once; null when absent.</param>
/// <param name="Members">The <c>value</c> of each member in order, as sent; null when the body has no members.</param>
public sealed record ResourceBody(Document Document, string? Password, IReadOnlyList<string>? Members);
