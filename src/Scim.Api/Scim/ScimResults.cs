using System.Buffers;
using Microsoft.Extensions.Options;
using Scim.Application.Search;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Api.Scim;

/// <summary>Shapes answers: stored bytes into the response's buffer, with base URL, ETag and media type of this request.</summary>
internal sealed class ScimResults(IOptions<ScimOptions> options)
{
    private readonly string? _configured = string.IsNullOrEmpty(options.Value.PublicBaseUrl)
        ? null
        : options.Value.PublicBaseUrl.TrimEnd('/');

    /// <summary>The base URL that the client used, without a trailing slash.</summary>
    public string BaseUrl(HttpRequest request) =>
        (_configured ?? $"{request.Scheme}://{request.Host.Value}") + ScimRoutes.Base;

    public string Location(HttpRequest request, ResourceSchema schema, Guid id) =>
        $"{BaseUrl(request)}{schema.Endpoint}/{id:D}";

    public async Task ResourceAsync(
        HttpContext context,
        int status,
        ResourceSchema schema,
        StoredResource resource,
        Projection projection
    )
    {
        var response = Begin(context, status);
        response.Headers.ETag = resource.Tag;
        if (status == StatusCodes.Status201Created)
        {
            response.Headers.Location = Location(context.Request, schema, resource.Id);
        }

        using var output = new AnswerBuffer(response);
        ResourceWriter.Write(output, schema, resource, projection, BaseUrl(context.Request));
        await output.EndAsync(context.RequestAborted);
    }

    /// <summary>A ListResponse (RFC 7644 §3.4.2).</summary>
    public async Task ListAsync(HttpContext context, SearchResult result)
    {
        var baseUrl = BaseUrl(context.Request);
        using var output = new AnswerBuffer(Begin(context, StatusCodes.Status200OK));
        output.Write("{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],\"totalResults\":"u8);
        WriteNumber(output, result.Total);
        output.Write(",\"itemsPerPage\":"u8);
        WriteNumber(output, result.Resources.Count);
        if (result.StartIndex is { } startIndex)
        {
            output.Write(",\"startIndex\":"u8);
            WriteNumber(output, startIndex);
        }

        if (result.NextCursor is { } next)
        {
            output.Write(",\"nextCursor\":\""u8);
            output.Write(System.Text.Encoding.ASCII.GetBytes(next));
            output.Write("\""u8);
        }

        output.Write(",\"Resources\":["u8);
        var first = true;
        foreach (var found in result.Resources)
        {
            if (!first)
            {
                output.Write(","u8);
            }

            first = false;
            await FoundAsync(output, found, baseUrl, context.RequestAborted);
            await output.PassOnAsync(context.RequestAborted);
        }

        output.Write("]}"u8);
        await output.EndAsync(context.RequestAborted);
    }

    /// <summary>True when the client has this representation already (RFC 9110 §13.1.2); the answer is then 304.</summary>
    public static bool NotModified(HttpContext context, string tag)
    {
        var header = context.Request.Headers.IfNoneMatch;
        if (header.Count == 0)
        {
            return false;
        }

        foreach (var candidate in header.ToString().Split(',', StringSplitOptions.TrimEntries))
        {
            if (candidate == "*" || Opaque(candidate).Equals(Opaque(tag), StringComparison.Ordinal))
            {
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                context.Response.Headers.ETag = tag;
                return true;
            }
        }

        return false;
    }

    public static HttpResponse Begin(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType =
            ScimErrors.MediaType(context.Request.Headers.Accept) == "application/json"
                ? "application/json; charset=utf-8"
                : "application/scim+json; charset=utf-8";
        return context.Response;
    }

    private static async ValueTask FoundAsync(
        AnswerBuffer output,
        FoundResource found,
        string baseUrl,
        CancellationToken cancellationToken
    )
    {
        if (found.Members is null)
        {
            ResourceWriter.Write(output, found.Schema, found.Resource, found.Projection, baseUrl);
            return;
        }

        ResourceWriter.WriteOpen(output, found.Schema, found.Resource, found.Projection, baseUrl);
        var shown = MemberProjection.Of(found.Schema, found.Projection)!.Value;
        var list = new MemberList(output, shown, baseUrl, cancellationToken);
        await found.Members(list.WriteAsync);
        list.End();
    }

    private static void WriteNumber(AnswerBuffer output, long number)
    {
        System.Buffers.Text.Utf8Formatter.TryFormat(number, output.GetSpan(20), out var written);
        output.Advance(written);
    }

    private static ReadOnlySpan<char> Opaque(string tag) =>
        tag.AsSpan(tag.StartsWith("W/", StringComparison.Ordinal) ? 2 : 0).Trim('"');
}
