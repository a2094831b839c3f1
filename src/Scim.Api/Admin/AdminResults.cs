using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Scim.Domain.Errors;

namespace Scim.Api.Admin;

internal static class AdminResults
{
    // Nulls are shown: `next` and `lastUsedAt` are there, and say that there is none.
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonSerializerOptions Kept = new(Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutSecrets } },
    };

    public static IResult Ok(object value) => Results.Json(value, Options);

    public static IResult Created(HttpResponse response, string location, object value)
    {
        response.Headers.Location = location;
        return Results.Json(value, Options, statusCode: StatusCodes.Status201Created);
    }

    public static IResult Versioned(HttpResponse response, long version, object value, int status = 200)
    {
        response.Headers.ETag = $"W/\"{version}\"";
        return Results.Json(value, Options, statusCode: status);
    }

    /// <summary>The answer as it may be kept; <c>secretShown</c> says that something is left out.</summary>
    public static string WithoutSecrets(object value)
    {
        var kept = JsonSerializer.SerializeToNode(value, Kept)!;
        if (!JsonNode.DeepEquals(kept, JsonSerializer.SerializeToNode(value, Options)))
        {
            kept["secretShown"] = true;
        }

        return kept.ToJsonString(Options);
    }

    /// <exception cref="ScimException">404: an id that is none names nothing.</exception>
    public static Guid Id(string type, string text) =>
        Guid.TryParseExact(text, "D", out var id) ? id : throw ScimError.NotFound(type, text);

    private static void LeaveOutSecrets(JsonTypeInfo type)
    {
        foreach (var secret in type.Properties.Where(property => property.PropertyType == typeof(ShownOnce)).ToList())
        {
            type.Properties.Remove(secret);
        }
    }
}

/// <summary>A secret in the one answer that may show it: it is not kept for repeats of the request.</summary>
[JsonConverter(typeof(ShownOnceConverter))]
internal sealed record ShownOnce(string Text)
{
    public override string ToString() => nameof(ShownOnce);
}

internal sealed class ShownOnceConverter : JsonConverter<ShownOnce>
{
    public override ShownOnce Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, ShownOnce value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Text);
}
