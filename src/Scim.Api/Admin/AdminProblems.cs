using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Api.Admin;

/// <summary>Writes an error as RFC 9457 has it. The types are part of the contract; docs/admin-api.md lists them.</summary>
internal static class AdminProblems
{
    public const string TypePrefix = "urn:scimplatform:problem:";

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static async Task WriteAsync(HttpContext context, ScimError error)
    {
        var (status, slug, title) = Kind(error);
        var response = context.Response;
        AdminHeaders.Set(response);
        response.StatusCode = status;
        if (error.RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer realm=\"admin\"";
        }

        var services = context.RequestServices;
        services.GetRequiredService<AdminMetrics>().Failed(context, slug);
        var requestId = services.GetRequiredService<RequestContext>().RequestId;
        var problem = new AdminProblem(
            TypePrefix + slug,
            title,
            status,
            error.Detail,
            Activity.Current?.TraceId.ToHexString() ?? requestId,
            requestId,
            error.Fields?.ToDictionary(field => Name(field.Key), field => field.Value),
            error.CurrentVersion,
            error.Count
        );
        await response.WriteAsJsonAsync(
            problem,
            Options,
            "application/problem+json; charset=utf-8",
            context.RequestAborted
        );
    }

    private static (int Status, string Slug, string Title) Kind(ScimError error) =>
        error switch
        {
            { Problem: { } problem } => (error.Status, problem, Title(problem)),
            // What SCIM calls an invalid value was read and understood, but may not be.
            { ScimType: "invalidValue" } => (422, "validation", "The request is not valid."),
            { Status: 400 } => (400, "malformed-request", "The request cannot be read."),
            { Status: 403 } => (403, "forbidden", "This is not allowed."),
            { Status: 404 } => (404, "not-found", "There is no such thing."),
            { Status: 405 } => (405, "method-not-allowed", "The path does not take this method."),
            { Status: 409 } => (409, "conflict", "This conflicts with what there is."),
            { Status: 412 } => (412, "version-mismatch", "It was changed since you read it."),
            { Status: 413 } => (413, "too-large", "The request is too large."),
            { Status: 415 } => (415, "media-type", "The body is not JSON."),
            { Status: 429 } => (429, "too-many-requests", "Too many requests."),
            { Status: 503 } => (503, "unavailable", "The service cannot answer at the moment."),
            _ => (error.Status, "internal", "The service failed."),
        };

    // "step-up-required": "Step up required."
    private static string Title(string slug) => $"{char.ToUpperInvariant(slug[0])}{slug[1..].Replace('-', ' ')}.";

    private static string Name(string path) =>
        string.Join(
            '.',
            path.Split('.', StringSplitOptions.RemoveEmptyEntries).Select(JsonNamingPolicy.CamelCase.ConvertName)
        );
}

/// <param name="Errors">What is wrong with which field.</param>
/// <param name="Count">How many resources are in the way.</param>
internal sealed record AdminProblem(
    string Type,
    string Title,
    int Status,
    string Detail,
    string TraceId,
    string RequestId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        IReadOnlyDictionary<string, string[]>? Errors,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? CurrentVersion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Count
);
