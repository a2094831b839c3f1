using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Scim.Domain.Schemas;
using Scim.Domain.Text;

namespace Scim.Domain.Resources;

/// <summary>
/// Stored bytes of a resource: <c>schemas</c>, <c>id</c> and the document's attributes in schema order. What is derived when
/// it is read (<c>groups</c>, <c>members</c>, <c>meta</c>) is spliced in before the closing brace by <see cref="ResourceWriter"/>.
/// </summary>
/// <param name="Bytes">One JSON object.</param>
/// <param name="ManagerEnd">Offset of the brace that closes <c>manager</c>, where its derived parts are spliced in; null without a manager.</param>
public readonly record struct StoredDocument(ReadOnlyMemory<byte> Bytes, int? ManagerEnd);

public static class DocumentWriter
{
    internal static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private static readonly JsonEncodedText SchemasName = JsonEncodedText.Encode("schemas");
    private static readonly JsonEncodedText IdName = JsonEncodedText.Encode("id");

    public static StoredDocument Write(Document document, Guid id)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, Options);
        int? managerEnd = null;
        writer.WriteStartObject();
        writer.WriteStartArray(SchemasName);
        foreach (var urn in document.SchemaUrns)
        {
            writer.WriteStringValue(urn);
        }

        writer.WriteEndArray();
        writer.WriteString(IdName, id);
        foreach (var attribute in document.Schema.Root)
        {
            if (document.Root[attribute] is not { } value)
            {
                continue;
            }

            writer.WritePropertyName(attribute.EncodedName);
            if (attribute.IsExtension)
            {
                WriteExtension(writer, (ComplexValue)value, ref managerEnd);
            }
            else
            {
                WriteValue(writer, value);
            }
        }

        writer.WriteEndObject();
        writer.Flush();
        return new StoredDocument(buffer.WrittenMemory, managerEnd);
    }

    /// <summary>
    /// The attributes whose comparison form differs from what is stored, in that form: folded text, dateTimes in UTC.
    /// Filters read <c>coalesce(folded -> name, document -> name)</c>. Null when nothing differs.
    /// </summary>
    public static ReadOnlyMemory<byte>? WriteFolded(Document document)
    {
        ArrayBufferWriter<byte>? buffer = null;
        Utf8JsonWriter? writer = null;
        try
        {
            foreach (var attribute in document.Schema.Root)
            {
                if (document.Root[attribute] is not { } value)
                {
                    continue;
                }

                var folded = Comparable(value, attribute);
                if (ReferenceEquals(folded, value))
                {
                    continue;
                }

                if (writer is null)
                {
                    buffer = new ArrayBufferWriter<byte>(512);
                    writer = new Utf8JsonWriter(buffer, Options);
                    writer.WriteStartObject();
                }

                writer.WritePropertyName(attribute.EncodedName);
                WriteValue(writer, folded);
            }

            writer?.WriteEndObject();
            writer?.Flush();
        }
        finally
        {
            writer?.Dispose();
        }

        return buffer?.WrittenMemory;
    }

    public static void WriteValue(Utf8JsonWriter writer, Value value)
    {
        switch (value)
        {
            case TextValue text:
                writer.WriteStringValue(text.Text);
                break;
            case BooleanValue boolean:
                writer.WriteBooleanValue(boolean.Flag);
                break;
            case IntegerValue integer:
                writer.WriteNumberValue(integer.Number);
                break;
            case DecimalValue number:
                writer.WriteNumberValue(number.Number);
                break;
            case DateTimeValue time:
                writer.WriteStringValue(time.Text);
                break;
            case ListValue list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                {
                    WriteValue(writer, item);
                }

                writer.WriteEndArray();
                break;
            case ComplexValue complex:
                writer.WriteStartObject();
                WriteMembers(writer, complex);
                writer.WriteEndObject();
                break;
        }
    }

    private static void WriteMembers(Utf8JsonWriter writer, ComplexValue complex)
    {
        foreach (var attribute in complex.Table)
        {
            if (complex[attribute] is { } value)
            {
                writer.WritePropertyName(attribute.EncodedName);
                WriteValue(writer, value);
            }
        }
    }

    private static void WriteExtension(Utf8JsonWriter writer, ComplexValue extension, ref int? managerEnd)
    {
        writer.WriteStartObject();
        foreach (var attribute in extension.Table)
        {
            if (extension[attribute] is not { } value)
            {
                continue;
            }

            writer.WritePropertyName(attribute.EncodedName);
            if (attribute.Path == ManagerPath && value is ComplexValue manager)
            {
                writer.WriteStartObject();
                WriteMembers(writer, manager);
                managerEnd = (int)(writer.BytesCommitted + writer.BytesPending);
                writer.WriteEndObject();
            }
            else
            {
                WriteValue(writer, value);
            }
        }

        writer.WriteEndObject();
    }

    private const string ManagerPath = Urns.EnterpriseUser + ":manager";

    /// <summary>The value in comparison form, or the value itself when that is the same.</summary>
    internal static Value Comparable(Value value, AttributeDefinition attribute)
    {
        switch (value)
        {
            case TextValue text when attribute.Folds:
                var folded = Folding.Fold(text.Text);
                return ReferenceEquals(folded, text.Text) || folded == text.Text ? value : new TextValue(folded);
            case DateTimeValue time:
                return time.Text == time.Sortable ? value : new TextValue(time.Sortable);
            case ListValue list:
                Value[]? items = null;
                for (var i = 0; i < list.Items.Count; i++)
                {
                    var item = Comparable(list.Items[i], attribute);
                    if (!ReferenceEquals(item, list.Items[i]))
                    {
                        items ??= [.. list.Items];
                        items[i] = item;
                    }
                }

                return items is null ? value : new ListValue(items);
            case ComplexValue complex:
                foreach (var sub in complex.Table)
                {
                    if (complex[sub] is { } inner)
                    {
                        complex = complex.With(sub, Comparable(inner, sub));
                    }
                }

                return complex;
            default:
                return value;
        }
    }
}
