using System.Buffers.Text;
using System.Text.Json;
using Scim.Domain.Errors;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Domain.Resources;

/// <summary>
/// Binds JSON to attribute definitions. Null, empty text, empty arrays and empty objects are unassigned (RFC 7643 §2.5).
/// Deviations that the profile does not tolerate are 400 invalidValue with the attribute's path.
/// </summary>
internal static class ValueReader
{
    /// <summary>Reads the value at the reader's current token; leaves the reader on the value's last token.</summary>
    public static Value? Read(ref Utf8JsonReader reader, AttributeDefinition attribute, DeviationLog deviations)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (attribute.MultiValued)
        {
            return ReadList(ref reader, attribute, deviations);
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return ReadSingle(ref reader, attribute, deviations);
        }

        // A reference in an array of one is how some clients send the manager.
        if (!deviations.Tolerates(Deviation.SingleValueForMultiValued))
        {
            throw ScimError.InvalidValue($"{attribute.Path} is single-valued, not an array (RFC 7643 §2.4).");
        }

        Value? only = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (only is not null)
            {
                throw ScimError.InvalidValue(
                    $"{attribute.Path} is single-valued, but an array with several values was given."
                );
            }

            only = reader.TokenType == JsonTokenType.Null ? null : ReadSingle(ref reader, attribute, deviations);
        }

        return only;
    }

    /// <summary>Reads one value or one element of a multi-valued attribute.</summary>
    public static Value? ReadSingle(ref Utf8JsonReader reader, AttributeDefinition attribute, DeviationLog deviations)
    {
        return attribute.Type switch
        {
            AttributeType.Complex => ReadComplex(ref reader, attribute, deviations),
            AttributeType.Boolean => ReadBoolean(ref reader, attribute, deviations),
            AttributeType.Integer => ReadInteger(ref reader, attribute, deviations),
            AttributeType.Decimal => ReadDecimal(ref reader, attribute, deviations),
            AttributeType.DateTime => ReadDateTime(ref reader, attribute),
            AttributeType.Binary => ReadBinary(ref reader, attribute),
            _ => ReadText(ref reader, attribute) is { Length: > 0 } text ? new TextValue(text) : null,
        };
    }

    /// <summary>An object whose members are the table's attributes; unknown ones are dropped if the profile tolerates them.</summary>
    public static ComplexValue ReadObject(
        ref Utf8JsonReader reader,
        AttributeTable table,
        string prefix,
        DeviationLog deviations
    )
    {
        var slots = new Value?[table.Count];
        Span<bool> seen = table.Count <= 128 ? stackalloc bool[table.Count] : new bool[table.Count];
        HashSet<string>? unknown = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var attribute = FindName(ref reader, table, deviations);
            if (attribute is null)
            {
                Skip(ref reader, ref unknown, prefix, deviations);
                continue;
            }

            if (seen[attribute.Index])
            {
                throw Twice(attribute.Path);
            }

            seen[attribute.Index] = true;
            reader.Read();
            if (attribute.Derived || attribute.Mutability == Mutability.ReadOnly)
            {
                // RFC 7644 §3.3, §3.5.1: what the client may not write is ignored.
                CheckedSkip(ref reader);
                continue;
            }

            slots[attribute.Index] = Read(ref reader, attribute, deviations);
        }

        return ComplexValue.Of(table, slots);
    }

    public static ScimException Twice(string path) =>
        ScimError.InvalidSyntax($"{path} occurs twice in one object; names ignore case (RFC 7643 §2.1).");

    /// <summary>Skips the value of a name that no schema defines, or refuses it; the reader stands on the property name.</summary>
    public static void Skip(
        ref Utf8JsonReader reader,
        ref HashSet<string>? unknown,
        string prefix,
        DeviationLog deviations
    )
    {
        var name = JsonText.Get(ref reader);
        if (!(unknown ??= new HashSet<string>(StringComparer.OrdinalIgnoreCase)).Add(name))
        {
            throw Twice(prefix + JsonText.Quote(name));
        }

        if (!deviations.Tolerates(Deviation.UnknownAttribute))
        {
            throw ScimError.InvalidSyntax(
                $"{prefix}{JsonText.Quote(name)} is not defined by any schema of this resource (RFC 7644 §3.12)."
            );
        }

        reader.Read();
        CheckedSkip(ref reader);
    }

    /// <summary>Skips a value but still refuses duplicate keys, at any depth.</summary>
    public static void CheckedSkip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                CheckedSkip(ref reader);
            }
        }
        else if (reader.TokenType == JsonTokenType.StartObject)
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var name = JsonText.Get(ref reader);
                if (!names.Add(name))
                {
                    throw Twice(JsonText.Quote(name));
                }

                reader.Read();
                CheckedSkip(ref reader);
            }
        }
        else if (reader.TokenType == JsonTokenType.String)
        {
            JsonText.Get(ref reader);
        }
    }

    private static AttributeDefinition? FindName(
        ref Utf8JsonReader reader,
        AttributeTable table,
        DeviationLog deviations
    )
    {
        var found = reader.ValueIsEscaped ? table.Find(JsonText.Get(ref reader)) : table.Find(reader.ValueSpan);
        if (found is null && table.Find("manager") is { } manager && Is(ref reader, "managerId"))
        {
            return deviations.Tolerates(Deviation.BareReference) ? manager : null;
        }

        if (found is null && table.Find("displayName") is not null && Is(ref reader, "managerId"))
        {
            return deviations.Tolerates(Deviation.BareReference) ? table.Find("value") : null;
        }

        return found;

        static bool Is(ref Utf8JsonReader reader, string name) =>
            string.Equals(JsonText.Get(ref reader), name, StringComparison.OrdinalIgnoreCase);
    }

    private static ListValue? ReadList(
        ref Utf8JsonReader reader,
        AttributeDefinition attribute,
        DeviationLog deviations
    )
    {
        var items = new List<Value>();
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.StartArray)
                {
                    throw ScimError.InvalidValue($"{attribute.Path} holds an array inside an array.");
                }

                if (reader.TokenType != JsonTokenType.Null && ReadSingle(ref reader, attribute, deviations) is { } item)
                {
                    items.Add(item);
                }
            }
        }
        else if (deviations.Tolerates(Deviation.SingleValueForMultiValued))
        {
            if (ReadSingle(ref reader, attribute, deviations) is { } item)
            {
                items.Add(item);
            }
        }
        else
        {
            throw ScimError.InvalidValue($"{attribute.Path} is multi-valued and must be an array (RFC 7643 §2.4).");
        }

        return ListValue.Of(items);
    }

    private static ComplexValue? ReadComplex(
        ref Utf8JsonReader reader,
        AttributeDefinition attribute,
        DeviationLog deviations
    )
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            var value = ReadObject(
                ref reader,
                attribute.Attributes,
                attribute.IsExtension ? attribute.Path + ":" : attribute.Path + ".",
                deviations
            );
            return value.IsEmpty ? null : value;
        }

        // A bare value in place of {"value": …}: the manager as text, roles as a list of names. Empty text clears any of them.
        var bare = attribute.Value
            is { MultiValued: false, Type: AttributeType.String or AttributeType.Reference } inner
            ? inner
            : null;
        if (
            reader.TokenType == JsonTokenType.String
            && (bare is not null || reader.ValueSpan.IsEmpty)
            && deviations.Tolerates(Deviation.BareReference)
        )
        {
            return bare is not null && ReadText(ref reader, attribute) is { Length: > 0 } text
                ? ComplexValue.Empty(attribute.Attributes).With(bare, new TextValue(text))
                : null;
        }

        throw Wrong(attribute, "an object");
    }

    private static BooleanValue? ReadBoolean(
        ref Utf8JsonReader reader,
        AttributeDefinition attribute,
        DeviationLog deviations
    )
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.True:
                return BooleanValue.True;
            case JsonTokenType.False:
                return BooleanValue.False;
            case JsonTokenType.String when deviations.Tolerates(Deviation.StringBoolean):
                var text = JsonText.Get(ref reader);
                return text.Length == 0 ? null : BooleanValue.Parse(text) ?? throw Wrong(attribute, "true or false");
            default:
                throw Wrong(attribute, "true or false");
        }
    }

    private static IntegerValue? ReadInteger(
        ref Utf8JsonReader reader,
        AttributeDefinition attribute,
        DeviationLog deviations
    )
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number))
        {
            return new IntegerValue(number);
        }

        if (reader.TokenType == JsonTokenType.String && deviations.Tolerates(Deviation.StringNumber))
        {
            var text = JsonText.Get(ref reader);
            if (text.Length == 0)
            {
                return null;
            }

            if (
                long.TryParse(
                    text,
                    System.Globalization.NumberStyles.AllowLeadingSign,
                    System.Globalization.CultureInfo.InvariantCulture,
                    out number
                )
            )
            {
                return new IntegerValue(number);
            }
        }

        throw Wrong(attribute, "a whole number of at most 64 bits");
    }

    private static DecimalValue? ReadDecimal(
        ref Utf8JsonReader reader,
        AttributeDefinition attribute,
        DeviationLog deviations
    )
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number) && double.IsFinite(number))
        {
            return new DecimalValue(number == 0 ? 0 : number);
        }

        if (reader.TokenType == JsonTokenType.String && deviations.Tolerates(Deviation.StringNumber))
        {
            var text = JsonText.Get(ref reader);
            if (text.Length == 0)
            {
                return null;
            }

            if (
                double.TryParse(
                    text,
                    System.Globalization.NumberStyles.Float,
                    System.Globalization.CultureInfo.InvariantCulture,
                    out number
                ) && double.IsFinite(number)
            )
            {
                return new DecimalValue(number == 0 ? 0 : number);
            }
        }

        throw Wrong(attribute, "a number that a double can hold");
    }

    private static DateTimeValue? ReadDateTime(ref Utf8JsonReader reader, AttributeDefinition attribute)
    {
        var text = ReadText(ref reader, attribute);
        return text.Length == 0
            ? null
            : DateTimeValue.Parse(text)
                ?? throw Wrong(attribute, "a dateTime such as 2011-05-13T04:42:34Z (RFC 7643 §2.3.5)");
    }

    private static TextValue? ReadBinary(ref Utf8JsonReader reader, AttributeDefinition attribute)
    {
        var text = ReadText(ref reader, attribute);
        return text.Length == 0 ? null
            : IsBinary(text) ? new TextValue(text)
            : throw Wrong(attribute, "base64 (RFC 7643 §2.3.6)");
    }

    public static bool IsBinary(string text) => Base64.IsValid(text) || Base64Url.IsValid(text);

    private static string ReadText(ref Utf8JsonReader reader, AttributeDefinition attribute)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw Wrong(attribute, "a string");
        }

        var text = JsonText.Get(ref reader);
        return text.Contains('\0')
            ? throw ScimError.InvalidValue($"{attribute.Path} contains the character U+0000, which cannot be stored.")
            : text;
    }

    private static ScimException Wrong(AttributeDefinition attribute, string expected) =>
        ScimError.InvalidValue($"{attribute.Path} must be {expected}.");
}
