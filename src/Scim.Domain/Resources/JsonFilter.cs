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

            writer.WritePropertyName(attribute.EncodedName);
            reader.Read();
            CopyValue(ref reader, writer, level.Inside(attribute));
        }

        writer.WriteEndObject();
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
