using System.Text.Json;
using Scim.Domain.Errors;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Domain.Patching;

/// <summary>RFC 7644 §3.5.2.</summary>
public enum PatchKind
{
    Add,
    Replace,
    Remove,
}

/// <summary>One operation; <see cref="Value"/> is the JSON text of its value, empty when the operation has none.</summary>
public sealed record PatchOperation(PatchKind Kind, string? Path, ReadOnlyMemory<byte> Value)
{
    /// <summary>True when there is nothing to set: no value, or JSON null.</summary>
    public bool HasNoValue => Value.IsEmpty || Value.Span.SequenceEqual("null"u8);
}

/// <summary>A PatchOp message (RFC 7644 §3.5.2), parsed but not yet bound to a schema.</summary>
public sealed record PatchRequest(IReadOnlyList<PatchOperation> Operations)
{
    /// <summary>True when every operation's path is <c>members</c> or a filter on it, so that no attribute of the group is needed.</summary>
    public bool TouchesMembersOnly =>
        Operations.All(operation =>
            operation.Path is { } path
            && path.StartsWith("members", StringComparison.OrdinalIgnoreCase)
            && (path.Length == "members".Length || path["members".Length] == '[')
        );

    /// <summary>Each operation copies the values it touches, so their number is bounded.</summary>
    public const int MaxOperations = 10_000;

    /// <exception cref="ScimException">413 for too many operations, 400 invalidSyntax, or invalidPath for a path that is no string.</exception>
    public static PatchRequest Read(ReadOnlyMemory<byte> utf8, DeviationLog deviations)
    {
        var reader = JsonText.Open(utf8.Span);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw ScimError.InvalidSyntax("The body must be a JSON object.");
            }

            var request = ReadMessage(ref reader, utf8, deviations);
            reader.Read();
            return request;
        }
        catch (JsonException exception)
        {
            throw JsonText.Malformed(exception);
        }
    }

    private static PatchRequest ReadMessage(
        ref Utf8JsonReader reader,
        ReadOnlyMemory<byte> utf8,
        DeviationLog deviations
    )
    {
        List<PatchOperation>? operations = null;
        var hasSchemas = false;
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonText.Get(ref reader);
            if (!names.Add(name))
            {
                throw ValueReader.Twice(JsonText.Quote(name));
            }

            reader.Read();
            if (name.Equals("schemas", StringComparison.OrdinalIgnoreCase))
            {
                hasSchemas = true;
                DocumentReader.CheckSchemas(
                    ref reader,
                    Urns.PatchOp,
                    urn => urn.Equals(Urns.PatchOp, StringComparison.OrdinalIgnoreCase),
                    deviations
                );
            }
            else if (name.Equals("Operations", StringComparison.OrdinalIgnoreCase))
            {
                operations = ReadOperations(ref reader, utf8, deviations);
            }
            else
            {
                ValueReader.CheckedSkip(ref reader);
            }
        }

        if (!hasSchemas)
        {
            throw ScimError.InvalidSyntax($"schemas is missing; a PATCH names {Urns.PatchOp} (RFC 7644 §3.5.2).");
        }

        return operations is { Count: > 0 }
            ? new PatchRequest(operations)
            : throw ScimError.InvalidSyntax(
                "Operations must be an array with at least one operation (RFC 7644 §3.5.2)."
            );
    }

    private static List<PatchOperation> ReadOperations(
        ref Utf8JsonReader reader,
        ReadOnlyMemory<byte> utf8,
        DeviationLog deviations
    )
    {
        var operations = new List<PatchOperation>();
        if (reader.TokenType == JsonTokenType.StartObject && deviations.Tolerates(Deviation.SingleValueForMultiValued))
        {
            operations.Add(ReadOperation(ref reader, utf8, deviations));
            return operations;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw ScimError.InvalidSyntax("Operations must be an array (RFC 7644 §3.5.2).");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (operations.Count == MaxOperations)
            {
                throw ScimError.PayloadTooLarge($"A PATCH holds at most {MaxOperations} operations.");
            }

            operations.Add(
                reader.TokenType == JsonTokenType.StartObject
                    ? ReadOperation(ref reader, utf8, deviations)
                    : throw ScimError.InvalidSyntax("Each operation must be an object (RFC 7644 §3.5.2).")
            );
        }

        return operations;
    }

    private static PatchOperation ReadOperation(
        ref Utf8JsonReader reader,
        ReadOnlyMemory<byte> utf8,
        DeviationLog deviations
    )
    {
        PatchKind? kind = null;
        string? path = null;
        ReadOnlyMemory<byte> value = default;
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonText.Get(ref reader);
            if (!names.Add(name))
            {
                throw ValueReader.Twice(JsonText.Quote(name));
            }

            reader.Read();
            switch (name.ToLowerInvariant())
            {
                case "op":
                    kind = ReadKind(ref reader, deviations);
                    break;
                case "path":
                    path = reader.TokenType switch
                    {
                        JsonTokenType.Null => null,
                        JsonTokenType.String => JsonText.Get(ref reader),
                        _ => throw ScimError.InvalidPath("path must be a string (RFC 7644 §3.5.2)."),
                    };
                    break;
                case "value":
                    var start = (int)reader.TokenStartIndex;
                    ValueReader.CheckedSkip(ref reader);
                    value = utf8[start..(int)reader.BytesConsumed];
                    break;
                default:
                    ValueReader.CheckedSkip(ref reader);
                    break;
            }
        }

        return new PatchOperation(
            kind ?? throw ScimError.InvalidSyntax("op is missing; it is add, replace or remove (RFC 7644 §3.5.2)."),
            string.IsNullOrEmpty(path) ? null : path,
            value
        );
    }

    private static PatchKind ReadKind(ref Utf8JsonReader reader, DeviationLog deviations)
    {
        var op = reader.TokenType == JsonTokenType.String ? JsonText.Get(ref reader) : "";
        PatchKind? kind = op.ToLowerInvariant() switch
        {
            "add" => PatchKind.Add,
            "replace" => PatchKind.Replace,
            "remove" => PatchKind.Remove,
            _ => null,
        };
        var lower = op is "add" or "replace" or "remove";
        return kind is { } known && (lower || deviations.Tolerates(Deviation.CapitalisedOperation))
            ? known
            : throw ScimError.InvalidSyntax("op must be add, replace or remove, in lower case (RFC 7644 §3.5.2).");
    }
}
