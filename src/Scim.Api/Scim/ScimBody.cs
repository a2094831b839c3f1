using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Api.Scim;

/// <summary>Reads a request body as bytes, bounded before it is buffered.</summary>
internal static class ScimBody
{
    /// <exception cref="ScimException">
    /// 413 over the limit, 415 for anything but JSON in UTF-8, 400 invalidSyntax for no body at all, 503 when too many large ones
    /// are being served.
    /// </exception>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, DataPlaneLimits limits)
    {
        CheckMediaType(context.Request);
        // The limit is kept here. The server's own would close the connection on what is still being sent, and the client
        // would see a broken pipe instead of its 413; without it the rest is read away for a few seconds.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } server)
        {
            server.MaxRequestBodySize = null;
        }

        if (context.Request.ContentLength > limits.MaxBodyBytes)
        {
            throw TooLarge(limits);
        }

        var held = context.Request.ContentLength > LargeBodies.Threshold;
        if (held)
        {
            await HoldAsync(context);
        }

        var reader = context.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(context.RequestAborted);
            if (result.Buffer.Length > limits.MaxBodyBytes)
            {
                reader.AdvanceTo(result.Buffer.End);
                throw TooLarge(limits);
            }

            if (!held && result.Buffer.Length > LargeBodies.Threshold)
            {
                // One that came without its length, perhaps as a whole: it is looked at again with a place.
                reader.AdvanceTo(result.Buffer.Start);
                await HoldAsync(context);
                held = true;
                continue;
            }

            if (result.IsCompleted)
            {
                var body = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return body.Length > 0 ? body : throw ScimError.InvalidSyntax("This request needs a JSON body.");
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private static ValueTask HoldAsync(HttpContext context) =>
        context.RequestServices.GetRequiredService<LargeBodies>().HoldAsync(context);

    // RFC 7644 §3.8; a request without the header is taken for what it must be.
    private static void CheckMediaType(HttpRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.ContentType))
        {
            return;
        }

        if (
            !MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !(
                type.MediaType.Equals("application/scim+json", StringComparison.OrdinalIgnoreCase)
                || type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            )
            || (
                type.Charset.HasValue
                && !type.Charset.Value.AsSpan().Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            )
        )
        {
            throw ScimError.UnsupportedMediaType(
                "Send application/scim+json or application/json in UTF-8 (RFC 7644 §3.8)."
            );
        }
    }

    private static ScimException TooLarge(DataPlaneLimits limits) =>
        ScimError.PayloadTooLarge($"The body is larger than {limits.MaxBodyBytes} bytes.");
}
