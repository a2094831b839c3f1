using System.Text.Json;
using Scim.Domain.Errors;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Domain.Resources;

/// <summary>Reads a resource's JSON: a client's body (POST, PUT) or the stored bytes. One pass, no JSON tree in between.</summary>
public static class DocumentReader
{
    private static readonly DeviationLog Stored = new(ClientProfile.Strict);

    /// <summary>Binds the body of a POST or PUT; does not yet check what is required.</summary>
    /// <exception cref="ScimException">400 invalidSyntax or invalidValue, naming the attribute.</exception>
    public static ResourceBody ReadBody(ReadOnlySpan<byte> utf8, ResourceSchema schema, DeviationLog deviations)
    {
        var reader = JsonText.Open(utf8);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw ScimError.InvalidSyntax("The body must be a JSON object.");
            }

            var body = ReadRoot(ref reader, schema, deviations);
            reader.Read();
            return body;
        }
        catch (JsonException exception)
        {
            throw JsonText.Malformed(exception);
        }
    }

    /// <summary>Binds stored bytes; they were written from a document, so nothing in them deviates.</summary>
    public static Document ReadStored(ReadOnlySpan<byte> utf8, ResourceSchema schema)
    {
        var reader = new Utf8JsonReader(utf8);
        reader.Read();
        var slots = new Value?[schema.Root.Count];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var attribute = schema.Root.Find(reader.ValueSpan);
            reader.Read();
            if (attribute is null || attribute.Derived)
            {
                reader.Skip();
                continue;
            }

            slots[attribute.Index] = ValueReader.Read(ref reader, attribute, Stored);
        }

        return new Document(schema, ComplexValue.Of(schema.Root, slots));
    }

    /// <summary>Checks a <c>schemas</c> array of a message or resource; the reader stands on its value.</summary>
    public static void CheckSchemas(
        ref Utf8JsonReader reader,
        string expected,
        Func<string, bool> belongs,
        DeviationLog deviations
    )
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw ScimError.InvalidSyntax($"schemas must be an array that names {expected} (RFC 7643 §3).");
        }

        var (any, named, own, foreign, unknown) = (false, false, false, false, false);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String)
            {
                throw ScimError.InvalidSyntax("schemas must hold URNs as strings (RFC 7643 §3).");
            }

            any = true;
            var urn = JsonText.Get(ref reader);
            named |= urn.Equals(expected, StringComparison.OrdinalIgnoreCase);
            var (isOwn, isKnown) = (belongs(urn), Urns.Known.Contains(urn));
            own |= isOwn;
            foreign |= !isOwn && isKnown;
            unknown |= !isOwn && !isKnown;
        }

        if (!any)
        {
            throw ScimError.InvalidSyntax($"schemas must not be empty; name {expected} (RFC 7643 §3).");
        }

        if (!own && foreign && !unknown)
        {
            throw ScimError.InvalidSyntax(
                $"schemas names another resource or message; this one is {expected} (RFC 7643 §3)."
            );
        }

        if ((unknown || foreign || !named) && !deviations.Tolerates(Deviation.UnknownSchema))
        {
            throw ScimError.InvalidSyntax($"schemas must name {expected} and registered URNs only (RFC 7643 §3).");
        }
    }

    private static ResourceBody ReadRoot(ref Utf8JsonReader reader, ResourceSchema schema, DeviationLog deviations)
    {
        var table = schema.Root;
        var slots = new Value?[table.Count];
        Span<bool> seen = table.Count <= 128 ? stackalloc bool[table.Count] : new bool[table.Count];
        HashSet<string>? unknown = null;
        string? password = null;
        List<string>? members = null;

        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var attribute = FindRoot(ref reader, schema);
            if (attribute is null)
            {
                ValueReader.Skip(ref reader, ref unknown, "", deviations);
                continue;
            }

            if (seen[attribute.Index])
            {
                throw ValueReader.Twice(attribute.Path);
            }

            seen[attribute.Index] = true;
            reader.Read();
            if (ReferenceEquals(attribute, schema.Schemas))
            {
                CheckSchemas(ref reader, schema.Urn, urn => Owns(schema, urn), deviations);
            }
            else if (attribute.Relation)
            {
                members = ReadMembers(ref reader, attribute, deviations);
            }
            else if (attribute.Mutability == Mutability.WriteOnly)
            {
                password = (ValueReader.Read(ref reader, attribute, deviations) as TextValue)?.Text;
            }
            else if (attribute.Derived || attribute.Mutability == Mutability.ReadOnly)
            {
                ValueReader.CheckedSkip(ref reader);
            }
            else
            {
                slots[attribute.Index] = ValueReader.Read(ref reader, attribute, deviations);
            }
        }

        if (!seen[schema.Schemas.Index])
        {
            throw ScimError.InvalidSyntax($"schemas is missing; it must name {schema.Urn} (RFC 7643 §3).");
        }

        return new ResourceBody(new Document(schema, ComplexValue.Of(table, slots)), password, members);
    }

    private static AttributeDefinition? FindRoot(ref Utf8JsonReader reader, ResourceSchema schema)
    {
        if (!reader.ValueIsEscaped && schema.Root.Find(reader.ValueSpan) is { } found)
        {
            return found;
        }

        return schema.Root.Find(JsonText.Get(ref reader));
    }

    private static bool Owns(ResourceSchema schema, string urn) =>
        urn.Equals(schema.Urn, StringComparison.OrdinalIgnoreCase) || schema.Root.Find(urn) is { IsExtension: true };

    /// <summary>The <c>value</c> of each member; elements without one are refused.</summary>
    internal static List<string> ReadMembers(
        ref Utf8JsonReader reader,
        AttributeDefinition attribute,
        DeviationLog deviations
    )
    {
        var members = new List<string>();
        var isArray = reader.TokenType == JsonTokenType.StartArray;
        if (reader.TokenType == JsonTokenType.Null)
        {
            return members;
        }

        // Empty text is unassigned too, as some clients send it.
        if (
            reader.TokenType == JsonTokenType.String
            && reader.ValueSpan.IsEmpty
            && deviations.Tolerates(Deviation.SingleValueForMultiValued)
        )
        {
            return members;
        }

        if (!isArray && !deviations.Tolerates(Deviation.SingleValueForMultiValued))
        {
            throw ScimError.InvalidValue("members is multi-valued and must be an array (RFC 7643 §2.4).");
        }

        while (!isArray || (reader.Read() && reader.TokenType != JsonTokenType.EndArray))
        {
            if (reader.TokenType != JsonTokenType.Null)
            {
                members.Add(ReadMember(ref reader, attribute, deviations));
            }

            if (!isArray)
            {
                break;
            }
        }

        return members;
    }

    private static string ReadMember(ref Utf8JsonReader reader, AttributeDefinition attribute, DeviationLog deviations)
    {
        var element = ValueReader.ReadSingle(ref reader, attribute, deviations) as ComplexValue;
        return element?.Text(attribute.Value)
            ?? throw ScimError.InvalidValue("Each member needs a value: the id of a user or group (RFC 7643 §4.2).");
    }
}
