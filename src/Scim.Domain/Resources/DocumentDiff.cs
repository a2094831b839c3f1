using System.Buffers;
using System.Text;
using System.Text.Json;
using Scim.Domain.Schemas;

namespace Scim.Domain.Resources;

/// <summary>The minimal before/after of a change, as the journal keeps it: <c>{"before":{…},"after":{…}}</c> with the attributes that differ.</summary>
public static class DocumentDiff
{
    public static string Write(ResourceChanged change)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, DocumentWriter.Options);
        writer.WriteStartObject();
        if (change.Before is { } before)
        {
            writer.WriteStartObject("before");
            WriteDifference(writer, before.Root, change.After.Root);
            writer.WriteEndObject();
        }

        writer.WriteStartObject("after");
        WriteDifference(writer, change.After.Root, change.Before?.Root);
        writer.WriteEndObject();
        if (change.PasswordChanged)
        {
            writer.WriteBoolean("passwordChanged", true);
        }

        writer.WriteEndObject();
        writer.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteDifference(Utf8JsonWriter writer, ComplexValue shown, ComplexValue? other)
    {
        foreach (var attribute in shown.Table)
        {
            var (value, counterpart) = (shown[attribute], other?[attribute]);
            if (value is null || value.Equals(counterpart))
            {
                continue;
            }

            writer.WritePropertyName(attribute.EncodedName);
            if (attribute.IsExtension)
            {
                writer.WriteStartObject();
                WriteDifference(writer, (ComplexValue)value, counterpart as ComplexValue);
                writer.WriteEndObject();
            }
            else
            {
                DocumentWriter.WriteValue(writer, value);
            }
        }
    }
}
