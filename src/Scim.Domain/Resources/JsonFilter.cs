using System.Buffers;
using System.Text.Json;
using Scim.Domain.Schemas;

namespace Scim.Domain.Resources;

/// <summary>Copies a resource's JSON, leaving out what a projection hides. One pass; no tree.</summary>
internal static class JsonFilter
{
    public static void Copy(ReadOnlySpan<byte> resource, Projection projection, IBufferWriter<byte> output)
    {
        var reader = new Utf8JsonReader(resource);
        using var writer = new Utf8JsonWriter(output, DocumentWriter.Options);
        reader.Read();
        CopyObject(ref reader, writer, projection.Root);
        writer.Flush();
    }

    private static void CopyObject(ref Utf8JsonReader reader, Utf8JsonWriter writer, Projection.Level level)
    {
        writer.WriteStartObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var attribute = level.Table.Find(reader.ValueSpan);
            if (attribute is null || !level.Shows(attribute))
            {
                reader.Skip();
                continue;
            }

            var inside = level.Inside(attribute);
            reader.Read();
            if (inside is not null && !ShowsAny(reader, inside))
            {
                reader.Skip();
                continue;
            }

            writer.WritePropertyName(attribute.EncodedName);
            CopyValue(ref reader, writer, inside);
        }

        writer.WriteEndObject();
    }

    /// <summary>Looks ahead on a copy of the reader: an object or array that would come out empty is left out (RFC 7643 §2.5).</summary>
    private static bool ShowsAny(Utf8JsonReader reader, Projection.Level inside)
    {
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (ShowsAny(reader, inside))
                {
                    return true;
                }

                reader.Skip();
            }

            return false;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return true;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var attribute = inside.Table.Find(reader.ValueSpan);
            reader.Read();
            if (
                attribute is not null
                && inside.Shows(attribute)
                && (inside.Inside(attribute) is not { } deeper || ShowsAny(reader, deeper))
            )
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    private static void CopyValue(ref Utf8JsonReader reader, Utf8JsonWriter writer, Projection.Level? inside)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject when inside is not null:
                CopyObject(ref reader, writer, inside);
                break;
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    writer.WritePropertyName(reader.GetString()!);
                    reader.Read();
                    CopyValue(ref reader, writer, null);
                }

                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (inside is not null && !ShowsAny(reader, inside))
                    {
                        reader.Skip();
                        continue;
                    }

                    CopyValue(ref reader, writer, inside);
                }

                writer.WriteEndArray();
                break;
            case JsonTokenType.String:
                writer.WriteStringValue(reader.GetString());
                break;
            default:
                writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                break;
        }
    }
}
