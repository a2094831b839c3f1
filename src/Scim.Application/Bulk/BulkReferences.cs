using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scim.Application.Bulk;

/// <summary>References of the form <c>bulkId:{id}</c> in the data of operations (RFC 7644 §3.7.2).</summary>
internal static class BulkReferences
{
    private const string Prefix = "bulkId:";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bulkIds that the operation's data and path refer to.</summary>
    public static HashSet<string> Find(BulkOperation operation)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        if (operation.Data.Span.IndexOf("bulkId:"u8) >= 0)
        {
            var reader = new Utf8JsonReader(operation.Data.Span);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.String && Parse(reader.GetString()!) is { } id)
                {
                    found.Add(id);
                }
            }
        }

        if (operation.Path is { } path && Parse(path[(path.LastIndexOf('/') + 1)..]) is { } target)
        {
            found.Add(target);
        }

        return found;
    }

    /// <summary>The data with each reference replaced by the id that the operation it names got.</summary>
    public static ReadOnlyMemory<byte> Resolve(ReadOnlyMemory<byte> data, IReadOnlyDictionary<string, string> ids)
    {
        if (data.Span.IndexOf("bulkId:"u8) < 0)
        {
            return data;
        }

        var buffer = new ArrayBufferWriter<byte>(data.Length + 64);
        using var writer = new Utf8JsonWriter(buffer, Options);
        var reader = new Utf8JsonReader(data.Span);
        while (reader.Read())
        {
            Copy(ref reader, writer, ids);
        }

        writer.Flush();
        return buffer.WrittenMemory;
    }

    public static string ResolvePath(string path, IReadOnlyDictionary<string, string> ids)
    {
        var slash = path.LastIndexOf('/') + 1;
        return Parse(path[slash..]) is { } target && ids.TryGetValue(target, out var id) ? path[..slash] + id : path;
    }

    /// <summary>
    /// Takes the references that cannot be resolved yet out of a resource: from the members of a group, or the manager of a
    /// user. What was taken out comes back as the PATCH that puts it in later.
    /// </summary>
    public static (ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Link) Detach(
        ReadOnlyMemory<byte> data,
        IReadOnlySet<string> unresolved
    )
    {
        var resource = JsonNode.Parse(data.Span)!.AsObject();
        var operations = new JsonArray();
        foreach (var (name, value) in resource.ToArray())
        {
            if (value is JsonArray list && name.Equals("members", StringComparison.OrdinalIgnoreCase))
            {
                var later = list.Where(element => Refers(element, unresolved)).ToArray();
                foreach (var element in later)
                {
                    list.Remove(element);
                }

                operations.Add(
                    new JsonObject
                    {
                        ["op"] = "add",
                        ["path"] = name,
                        ["value"] = new JsonArray(later),
                    }
                );
            }
            else if (
                value is JsonObject extension
                && extension.FirstOrDefault(entry => Refers(entry.Value, unresolved)) is { Key: { } key } part
            )
            {
                extension.Remove(key);
                operations.Add(
                    new JsonObject
                    {
                        ["op"] = "add",
                        ["path"] = $"{name}:{key}",
                        ["value"] = part.Value,
                    }
                );
            }
        }

        var patch = new JsonObject
        {
            ["schemas"] = new JsonArray(Domain.Schemas.Urns.PatchOp),
            ["Operations"] = operations,
        };
        return (
            JsonSerializer.SerializeToUtf8Bytes(resource),
            operations.Count == 0 ? default : JsonSerializer.SerializeToUtf8Bytes(patch)
        );
    }

    private static bool Refers(JsonNode? node, IReadOnlySet<string> unresolved) =>
        node switch
        {
            JsonValue value => value.TryGetValue<string>(out var text)
                && Parse(text) is { } id
                && unresolved.Contains(id),
            JsonObject element => Refers(element["value"], unresolved),
            _ => false,
        };

    private static string? Parse(string text) =>
        text.StartsWith(Prefix, StringComparison.Ordinal) && text.Length > Prefix.Length ? text[Prefix.Length..] : null;

    private static void Copy(ref Utf8JsonReader reader, Utf8JsonWriter writer, IReadOnlyDictionary<string, string> ids)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                break;
            case JsonTokenType.EndObject:
                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                break;
            case JsonTokenType.EndArray:
                writer.WriteEndArray();
                break;
            case JsonTokenType.PropertyName:
                writer.WritePropertyName(reader.GetString()!);
                break;
            case JsonTokenType.String:
                var text = reader.GetString()!;
                writer.WriteStringValue(
                    Parse(text) is { } reference && ids.TryGetValue(reference, out var id) ? id : text
                );
                break;
            default:
                writer.WriteRawValue(reader.ValueSpan);
                break;
        }
    }
}
