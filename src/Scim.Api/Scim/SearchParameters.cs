using System.Globalization;
using System.Text.Json;
using Scim.Application.Search;
using Scim.Domain.Errors;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Api.Scim;

/// <summary>Reads query parameters (RFC 7644 §3.4.2, §3.9; RFC 9865 §2) from the URL or a SearchRequest message. Unknown ones are ignored.</summary>
internal static class SearchParameters
{
    public static SearchRequest FromQuery(IQueryCollection query)
    {
        var isCursor = query.ContainsKey("cursor");
        var startIndex = Number(One(query, "startIndex"), "startIndex", isCursor: false);
        CheckMethod(isCursor, startIndex);
        return new SearchRequest
        {
            Filter = One(query, "filter"),
            SortBy = NullIfEmpty(One(query, "sortBy")),
            Descending = IsDescending(One(query, "sortOrder")),
            StartIndex = startIndex ?? 1,
            Count = Count(Number(One(query, "count"), "count", isCursor)),
            Cursor = isCursor ? One(query, "cursor") ?? "" : null,
            Attributes = Names(One(query, "attributes")),
            ExcludedAttributes = Names(One(query, "excludedAttributes")),
        };
    }

    /// <summary>The projection parameters alone, for reads and writes of one resource.</summary>
    /// <param name="request">The request.</param>
    /// <param name="schema">The resource type.</param>
    /// <param name="body">What a write sends: it is answered what it wrote, though it be returned on request only.</param>
    public static Projection Projection(HttpRequest request, ResourceSchema schema, ReadOnlyMemory<byte> body = default)
    {
        var written =
            body.IsEmpty || !schema.HasHiddenAttributes
                ? null
                : WrittenAttributes.In(body, name => schema.Root.Find(name) is { IsExtension: true });
        return request.QueryString.HasValue || written is not null
            ? Domain.Resources.Projection.Create(
                schema,
                Names(One(request.Query, "attributes")),
                Names(One(request.Query, "excludedAttributes")),
                written
            )
            : Default(schema);
    }

    public static SearchRequest FromMessage(ReadOnlyMemory<byte> utf8, DeviationLog deviations)
    {
        var reader = JsonText.Open(utf8.Span);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw ScimError.InvalidSyntax("The body must be a JSON object.");
            }

            var request = ReadMessage(ref reader, deviations);
            reader.Read();
            return request;
        }
        catch (JsonException exception)
        {
            throw JsonText.Malformed(exception);
        }
    }

    private static Projection Default(ResourceSchema schema) => Domain.Resources.Projection.Create(schema);

    private static SearchRequest ReadMessage(ref Utf8JsonReader reader, DeviationLog deviations)
    {
        var request = new SearchRequest();
        var hasSchemas = false;
        long? startIndex = null;
        ScimException? badCount = null;
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonText.Get(ref reader);
            if (!names.Add(name))
            {
                throw ScimError.InvalidSyntax($"{JsonText.Quote(name)} occurs twice.");
            }

            reader.Read();
            switch (name.ToLowerInvariant())
            {
                case "schemas":
                    hasSchemas = true;
                    DocumentReader.CheckSchemas(
                        ref reader,
                        Urns.SearchRequest,
                        urn => urn.Equals(Urns.SearchRequest, StringComparison.OrdinalIgnoreCase),
                        deviations
                    );
                    break;
                case "filter":
                    request = request with { Filter = Text(ref reader, name) };
                    break;
                case "sortby":
                    request = request with { SortBy = NullIfEmpty(Text(ref reader, name)) };
                    break;
                case "sortorder":
                    request = request with { Descending = IsDescending(Text(ref reader, name)) };
                    break;
                case "startindex":
                    startIndex = Number(ref reader, name);
                    request = request with { StartIndex = startIndex ?? 1 };
                    break;
                case "count":
                    request = request with { Count = ReadCount(ref reader, out badCount) };
                    break;
                case "cursor":
                    request = request with { Cursor = Text(ref reader, name) };
                    break;
                case "attributes":
                    request = request with { Attributes = Texts(ref reader, name) };
                    break;
                case "excludedattributes":
                    request = request with { ExcludedAttributes = Texts(ref reader, name) };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (!hasSchemas)
        {
            throw ScimError.InvalidSyntax(
                $"schemas is missing; a search names {Urns.SearchRequest} (RFC 7644 §3.4.3)."
            );
        }

        CheckMethod(request.Cursor is not null, startIndex);
        return badCount is null ? request
            : request.Cursor is null ? throw badCount
            : throw ScimError.InvalidCount("count must be a whole number (RFC 9865 §2.1).");
    }

    // Whether a bad count is invalidValue or invalidCount depends on the cursor, which may stand after it.
    private static int? ReadCount(ref Utf8JsonReader reader, out ScimException? bad)
    {
        bad = null;
        try
        {
            return Count(Number(ref reader, "count"));
        }
        catch (ScimException exception)
        {
            bad = exception;
            reader.Skip();
            return null;
        }
    }

    private static void CheckMethod(bool isCursor, long? startIndex)
    {
        if (isCursor && startIndex is not null)
        {
            throw ScimError.InvalidValue("cursor and startIndex exclude each other (RFC 9865 §2.4).");
        }
    }

    private static string? One(IQueryCollection query, string name)
    {
        if (!query.TryGetValue(name, out var values))
        {
            return null;
        }

        return values.Count > 1
            ? throw ScimError.InvalidValue($"The parameter {name} is given {values.Count} times.")
            : values.ToString();
    }

    private static long? Number(string? text, string name, bool isCursor)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        throw isCursor && name == "count"
            ? ScimError.InvalidCount("count must be a whole number (RFC 9865 §2.1).")
            : ScimError.InvalidValue($"{name} must be a whole number (RFC 7644 §3.4.2.4).");
    }

    private static int? Count(long? number) => number is { } count ? (int)Math.Clamp(count, 0, int.MaxValue) : null;

    private static bool IsDescending(string? order) =>
        order switch
        {
            null or "" => false,
            _ when order.Equals("ascending", StringComparison.OrdinalIgnoreCase) => false,
            _ when order.Equals("descending", StringComparison.OrdinalIgnoreCase) => true,
            _ => throw ScimError.InvalidValue("sortOrder must be ascending or descending (RFC 7644 §3.4.2.3)."),
        };

    private static string[] Names(string? list) =>
        list is null ? [] : list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static string? Text(ref Utf8JsonReader reader, string name) =>
        reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.String => JsonText.Get(ref reader),
            _ => throw ScimError.InvalidSyntax($"{JsonText.Quote(name)} must be a string (RFC 7644 §3.4.3)."),
        };

    private static long? Number(ref Utf8JsonReader reader, string name) =>
        reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.Number when reader.TryGetInt64(out var number) => number,
            JsonTokenType.String => Number(JsonText.Get(ref reader), name, isCursor: false),
            _ => throw ScimError.InvalidValue($"{JsonText.Quote(name)} must be a whole number (RFC 7644 §3.4.3)."),
        };

    private static IReadOnlyList<string> Texts(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return Names(JsonText.Get(ref reader));
        }

        if (reader.TokenType == JsonTokenType.Null)
        {
            return [];
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw ScimError.InvalidSyntax($"{JsonText.Quote(name)} must be an array of strings (RFC 7644 §3.4.3).");
        }

        var texts = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            texts.Add(
                reader.TokenType == JsonTokenType.String
                    ? JsonText.Get(ref reader)
                    : throw ScimError.InvalidSyntax($"{JsonText.Quote(name)} must hold strings.")
            );
        }

        return texts;
    }
}
