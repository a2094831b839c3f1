using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Scim.Domain.Errors;

namespace Scim.Api.Scim;

/// <summary>Writes an error as RFC 7644 §3.12 has it.</summary>
internal static class ScimErrors
{
    public const string Challenge = "Bearer realm=\"scim\"";

    private const string Schema = "urn:ietf:params:scim:api:messages:2.0:Error";
    private const string ScimJson = "application/scim+json";
    private const string Json = "application/json";

    // People read these; quotes and apostrophes stay what they are. It is JSON, never HTML.
    private static readonly JsonWriterOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static async Task WriteAsync(HttpContext context, ScimError error)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return;
        }

        response.StatusCode = error.Status;
        response.ContentType = $"{MediaType(context.Request.Headers.Accept)}; charset=utf-8";
        if (error.RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (error.Status == StatusCodes.Status401Unauthorized && response.Headers.WWWAuthenticate.Count == 0)
        {
            response.Headers.WWWAuthenticate = Challenge;
        }

        var body = new ArrayBufferWriter<byte>(256);
        Write(body, error);
        response.ContentLength = body.WrittenCount;
        await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    /// <summary>The body alone, as operations of a bulk answer carry it.</summary>
    public static void Write(IBufferWriter<byte> output, ScimError error)
    {
        using var writer = new Utf8JsonWriter(output, Readable);
        Write(writer, error);
    }

    public static void Write(Utf8JsonWriter writer, ScimError error)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("schemas"u8);
        writer.WriteStringValue(Schema);
        writer.WriteEndArray();
        writer.WriteString("status"u8, error.Status.ToString(CultureInfo.InvariantCulture));
        if (error.ScimType is { } scimType)
        {
            writer.WriteString("scimType"u8, scimType);
        }

        writer.WriteString("detail"u8, error.Detail);
        writer.WriteEndObject();
    }

    // SCIM's own type, unless the client says that it understands plain JSON only.
    internal static string MediaType(StringValues accept)
    {
        if (accept.Count == 0 || !MediaTypeHeaderValue.TryParseList(accept, out var types))
        {
            return ScimJson;
        }

        // Equality, not MatchesMediaType, which takes every +json type for application/json.
        var plain = types.Any(type => type.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase));
        var scim = types.Any(type => type.MediaType.Equals(ScimJson, StringComparison.OrdinalIgnoreCase));
        return plain && !scim ? Json : ScimJson;
    }
}
