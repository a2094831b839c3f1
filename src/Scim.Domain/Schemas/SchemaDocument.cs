using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Scim.Domain.Errors;
using Scim.Domain.Resources;

namespace Scim.Domain.Schemas;

/// <summary>A Schema resource (RFC 7643 §7) as published: the source from which a <see cref="ResourceSchema"/> is compiled.</summary>
public sealed partial class SchemaDocument
{
    private const int MaxAttributes = 500;

    private const int MaxUrnLength = 200;

    private SchemaDocument(string urn, string name, string description, JsonElement json)
    {
        Urn = urn;
        Name = name;
        Description = description;
        Json = json;
    }

    public string Urn { get; }

    public string Name { get; }

    public string Description { get; }

    public JsonElement Json { get; }

    public JsonElement Attributes => Json.GetProperty("attributes");

    /// <summary>As an extension: every resource of the type must have it (RFC 7643 §6).</summary>
    public bool Required { get; init; }

    public static SchemaDocument Read(ReadOnlySpan<byte> utf8, bool required = false)
    {
        var reader = new Utf8JsonReader(utf8);
        var json = JsonElement.ParseValue(ref reader);
        return new SchemaDocument(
            json.GetProperty("id").GetString()!,
            json.GetProperty("name").GetString()!,
            json.TryGetProperty("description", out var text) ? text.GetString() ?? "" : "",
            json
        )
        {
            Required = required,
        };
    }

    /// <summary>This schema with the attributes of others that carry the same URN behind its own.</summary>
    public SchemaDocument With(IEnumerable<SchemaDocument> others)
    {
        var extras = others.Where(other => other.Urn.Equals(Urn, StringComparison.OrdinalIgnoreCase)).ToArray();
        if (extras.Length == 0)
        {
            return this;
        }

        var merged = JsonNode.Parse(Json.GetRawText())!;
        foreach (var attribute in extras.SelectMany(extra => extra.Attributes.EnumerateArray()))
        {
            merged["attributes"]!.AsArray().Add(JsonNode.Parse(attribute.GetRawText()));
        }

        return Read(JsonSerializer.SerializeToUtf8Bytes(merged));
    }

    /// <summary>Reads a schema that a tenant adds and checks it: names, types, characteristics, no clash of kinds.</summary>
    /// <param name="utf8">The Schema resource as JSON.</param>
    /// <param name="required">See <see cref="Required"/>.</param>
    /// <exception cref="ScimException">400 with the attribute and the rule (RFC 7643 §2.1, §7).</exception>
    public static SchemaDocument ReadExtension(ReadOnlySpan<byte> utf8, bool required = false)
    {
        JsonElement json;
        var reader = JsonText.Open(utf8);
        try
        {
            var start = reader;
            reader.Read();
            ValueReader.CheckedSkip(ref reader);
            reader.Read();
            json = JsonElement.ParseValue(ref start);
        }
        catch (JsonException exception)
        {
            throw ScimError.InvalidSyntax($"The schema is not valid JSON: {exception.Message}");
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            throw ScimError.InvalidSyntax("A schema is a JSON object (RFC 7643 §7).");
        }

        if (Text(json, "id") is not { } id || !UrnPattern().IsMatch(id))
        {
            throw ScimError.InvalidValue(
                "id must be the URN of the schema, such as urn:example:params:scim:schemas:extension:acme:2.0:User (RFC 7643 §10.2.1)."
            );
        }

        if (id.Length > MaxUrnLength)
        {
            throw ScimError.InvalidValue($"id is longer than {MaxUrnLength} characters.");
        }

        RequireText(json, "name", "The schema");
        RequireText(json, "description", "The schema");

        if (
            !json.TryGetProperty("attributes", out var attributes)
            || attributes.ValueKind != JsonValueKind.Array
            || attributes.GetArrayLength() == 0
        )
        {
            throw ScimError.InvalidValue("attributes must be an array with at least one attribute (RFC 7643 §7).");
        }

        var count = 0;
        CheckAttributes(attributes, "", ref count);
        if (required && attributes.EnumerateArray().All(attribute => Text(attribute, "mutability") == "readOnly"))
        {
            throw ScimError.InvalidValue(
                "No client could supply a required extension whose attributes are all readOnly."
            );
        }

        return new SchemaDocument(id, Text(json, "name") ?? id, Text(json, "description") ?? "", json)
        {
            Required = required,
        };
    }

    private static void CheckAttributes(JsonElement attributes, string prefix, ref int count)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var attribute in attributes.EnumerateArray())
        {
            if (++count > MaxAttributes)
            {
                throw ScimError.InvalidValue($"A schema holds at most {MaxAttributes} attributes.");
            }

            if (
                attribute.ValueKind != JsonValueKind.Object
                || Text(attribute, "name") is not { } name
                || !NamePattern().IsMatch(name)
            )
            {
                throw ScimError.InvalidValue(
                    $"Attribute {count}: name must start with a letter and hold letters, digits, - and _ only (RFC 7643 §2.1)."
                );
            }

            var path = prefix + name;
            if (!names.Add(name))
            {
                throw ScimError.InvalidValue($"Attribute {path} is defined twice; names ignore case (RFC 7643 §2.1).");
            }

            CheckShapes(attribute, path);
            var type = Choice<AttributeType>(attribute, path, "type");
            Choice<Returned>(attribute, path, "returned");
            if (Choice<Mutability>(attribute, path, "mutability") == Mutability.WriteOnly)
            {
                throw ScimError.InvalidValue(
                    $"Attribute {path}: mutability writeOnly is for secrets, and no secret but the hash of password is kept here. For a value that is kept and not shown use returned never."
                );
            }

            if (
                Choice<Uniqueness>(attribute, path, "uniqueness") != Uniqueness.None
                && type
                    is AttributeType.Boolean
                        or AttributeType.DateTime
                        or AttributeType.Binary
                        or AttributeType.Complex
            )
            {
                throw ScimError.InvalidValue(
                    $"Attribute {path}: an attribute of this type has no uniqueness (RFC 7643 §2.3)."
                );
            }

            if (type != AttributeType.Complex)
            {
                continue;
            }

            if (prefix.Length > 0)
            {
                throw ScimError.InvalidValue($"Attribute {path}: a sub-attribute cannot be complex (RFC 7643 §2.3.8).");
            }

            if (
                !attribute.TryGetProperty("subAttributes", out var subs)
                || subs.ValueKind != JsonValueKind.Array
                || subs.GetArrayLength() == 0
            )
            {
                throw ScimError.InvalidValue(
                    $"Attribute {path}: a complex attribute needs subAttributes (RFC 7643 §7)."
                );
            }

            CheckAttributes(subs, path + ".", ref count);
        }
    }

    private static void CheckShapes(JsonElement attribute, string path)
    {
        foreach (var flag in (ReadOnlySpan<string>)["multiValued", "required", "caseExact"])
        {
            if (
                attribute.TryGetProperty(flag, out var value)
                && value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)
            )
            {
                throw ScimError.InvalidValue($"Attribute {path}: {flag} must be true or false (RFC 7643 §7).");
            }
        }

        foreach (var list in (ReadOnlySpan<string>)["canonicalValues", "referenceTypes"])
        {
            if (
                attribute.TryGetProperty(list, out var values)
                && (
                    values.ValueKind != JsonValueKind.Array
                    || values.EnumerateArray().Any(value => value.ValueKind != JsonValueKind.String)
                )
            )
            {
                throw ScimError.InvalidValue($"Attribute {path}: {list} must be an array of strings (RFC 7643 §7).");
            }
        }

        RequireText(attribute, "description", $"Attribute {path}");
    }

    private static void RequireText(JsonElement json, string name, string owner)
    {
        if (json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.String)
        {
            throw ScimError.InvalidValue($"{owner}: {name} must be a string (RFC 7643 §7).");
        }
    }

    private static T Choice<T>(JsonElement attribute, string path, string name)
        where T : struct, Enum
    {
        if (!attribute.TryGetProperty(name, out var given))
        {
            return default;
        }

        return
            given.ValueKind == JsonValueKind.String
            && Enum.GetNames<T>()
                .FirstOrDefault(known => given.ValueEquals(char.ToLowerInvariant(known[0]) + known[1..]))
                is { } match
            ? Enum.Parse<T>(match)
            : throw ScimError.InvalidValue($"Attribute {path}: {name} has a value that RFC 7643 §7 does not know.");
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // RFC 7643 §2.1: ATTRNAME = ALPHA *(nameChar). "$ref" is the RFC's own.
    [GeneratedRegex(@"^(\$ref|[A-Za-z][A-Za-z0-9_-]{0,99})\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}(:[A-Za-z0-9._-]+){1,12}\z")]
    private static partial Regex UrnPattern();
}
