using System.Text.Encodings.Web;
using System.Text.Json;
using Scim.Domain.Errors;

namespace Scim.Api.Admin;

internal static class AdminResults
{
    // Nulls are shown: `next` and `lastUsedAt` are there, and say that there is none.
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
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

    /// <exception cref="ScimException">404: an id that is none names nothing.</exception>
    public static Guid Id(string type, string text) =>
        Guid.TryParseExact(text, "D", out var id) ? id : throw ScimError.NotFound(type, text);
}
