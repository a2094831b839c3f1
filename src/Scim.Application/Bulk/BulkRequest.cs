using System.Text.Json;
using Scim.Domain.Errors;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Application.Bulk;

/// <summary>One operation of a bulk request (RFC 7644 §3.7), as sent; what is wrong with it is answered in its own result.</summary>
public sealed record BulkOperation(
    string? Method,
    string? BulkId,
    string? Path,
    string? Version,
    ReadOnlyMemory<byte> Data
);

/// <summary>A BulkRequest message.</summary>
/// <param name="FailOnErrors">After this many errors the rest is not run; null runs all.</param>
public sealed record BulkRequest(int? FailOnErrors, IReadOnlyList<BulkOperation> Operations)
{
    /// <exception cref="ScimException">400 for a malformed message, 413 for too many operations.</exception>
    public static BulkRequest Read(ReadOnlyMemory<byte> utf8, int maxOperations, DeviationLog deviations)
    {
        var reader = JsonText.Open(utf8.Span);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw ScimError.InvalidSyntax("The body must be a JSON object.");
            }

            var request = ReadMessage(ref reader, utf8, maxOperations, deviations);
            reader.Read();
            return request;
        }
        catch (JsonException exception)
        {
            throw JsonText.Malformed(exception);
        }
    }

    private static BulkRequest ReadMessage(
        ref Utf8JsonReader reader,
        ReadOnlyMemory<byte> utf8,
        int maxOperations,
        DeviationLog deviations
    )
    {
        List<BulkOperation>? operations = null;
        int? failOnErrors = null;
        var hasSchemas = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonText.Get(ref reader).ToLowerInvariant();
            reader.Read();
            switch (name)
            {
                case "schemas":
                    hasSchemas = true;
                    DocumentReader.CheckSchemas(
                        ref reader,
                        Urns.BulkRequest,
                        urn => urn.Equals(Urns.BulkRequest, StringComparison.OrdinalIgnoreCase),
                        deviations
                    );
                    break;
                case "failonerrors":
                    failOnErrors =
                        reader.TokenType == JsonTokenType.Null ? null
                        : reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var limit) && limit >= 0
                            ? (limit == 0 ? null : limit)
                        : throw ScimError.InvalidValue("failOnErrors must be a whole number (RFC 7644 §3.7).");
                    break;
                case "operations":
                    operations = ReadOperations(ref reader, utf8, maxOperations);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (!hasSchemas)
        {
            throw ScimError.InvalidSyntax(
                $"schemas is missing; a bulk request names {Urns.BulkRequest} (RFC 7644 §3.7)."
            );
        }

        return new BulkRequest(
            failOnErrors,
            operations is { Count: > 0 }
                ? operations
                : throw ScimError.InvalidSyntax(
                    "Operations must be an array with at least one operation (RFC 7644 §3.7)."
                )
        );
    }

    private static List<BulkOperation> ReadOperations(
        ref Utf8JsonReader reader,
        ReadOnlyMemory<byte> utf8,
        int maxOperations
    )
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw ScimError.InvalidSyntax("Operations must be an array (RFC 7644 §3.7).");
        }

        var operations = new List<BulkOperation>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw ScimError.InvalidSyntax("Each operation must be an object (RFC 7644 §3.7).");
            }

            if (operations.Count == maxOperations)
            {
                throw ScimError.PayloadTooLarge(
                    $"A bulk request holds at most {maxOperations} operations (RFC 7644 §3.7.4)."
                );
            }

            operations.Add(ReadOperation(ref reader, utf8));
        }

        return operations;
    }

    private static BulkOperation ReadOperation(ref Utf8JsonReader reader, ReadOnlyMemory<byte> utf8)
    {
        string? method = null,
            bulkId = null,
            path = null,
            version = null;
        ReadOnlyMemory<byte> data = default;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonText.Get(ref reader).ToLowerInvariant();
            reader.Read();
            switch (name)
            {
                case "method":
                    method = Text(ref reader, name);
                    break;
                case "bulkid":
                    bulkId = Text(ref reader, name);
                    break;
                case "path":
                    path = Text(ref reader, name);
                    break;
                case "version":
                    version = Text(ref reader, name);
                    break;
                case "data":
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    data = utf8[start..(int)reader.BytesConsumed];
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new BulkOperation(method, bulkId, path, version, data);
    }

    private static string? Text(ref Utf8JsonReader reader, string name) =>
        reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.String => JsonText.Get(ref reader),
            _ => throw ScimError.InvalidSyntax($"{name} of an operation must be a string (RFC 7644 §3.7)."),
        };
}
