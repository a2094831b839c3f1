using System.Globalization;
using Scim.Api.Admin;
using Scim.Api.Security;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Hosting;
using Scim.Infrastructure.Hosting.Requests;

namespace Scim.Api.Scim;

/// <summary>
/// The edge at which everything that went wrong becomes an answer: a SCIM error under <c>/scim</c>, problem details
/// elsewhere, never a type name, a stack or a path.
/// </summary>
internal sealed class ScimExceptionHandler(RequestDelegate next, SecurityMetrics metrics)
{
    public async Task InvokeAsync(HttpContext context, RequestContext request)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return; // Nobody is left to answer.
        }
        catch (Exception exception)
        {
            var error = Answer(exception, request.RequestId);
            if (error.Status >= 500 && exception is not ScimException)
            {
                context.Features.Set(new UnexpectedError(exception));
            }

            if (error.IsOverload)
            {
                metrics.Shed(request.Caller);
            }

            if (context.Response.HasStarted)
            {
                // Half an answer must not look like a whole one.
                context.Abort();
                return;
            }

            context.Response.Clear();
            context.Response.Headers[HostSetup.RequestIdHeader] = request.RequestId;
            await WriteAsync(context, error);
            return;
        }

        if (!context.Response.HasStarted && RefusedByRouting(context.Response) is { } refusal)
        {
            await WriteAsync(context, refusal);
        }
    }

    private static ScimError Answer(Exception exception, string requestId) =>
        exception switch
        {
            ScimException refused => refused.Error,
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => ScimError
                .PayloadTooLarge("The request body is larger than this service accepts.")
                .Error,
            BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } => ScimError
                .InvalidSyntax("The request could not be read to its end.")
                .Error,
            BadHttpRequestException bad => new ScimError(bad.StatusCode, null, "The request could not be read."),
            _ => new ScimError(500, null, $"Internal error, request id {requestId}."),
        };

    // Routing answers with a bare status: no endpoint at the path, or none for the method (which leaves Allow behind).
    private static ScimError? RefusedByRouting(HttpResponse response) =>
        response.ContentType is null && response.ContentLength is null
            ? response.StatusCode switch
            {
                StatusCodes.Status404NotFound => ScimError.RouteNotFound().Error,
                StatusCodes.Status405MethodNotAllowed => ScimError
                    .MethodNotAllowed($"This endpoint answers {response.Headers.Allow} only.")
                    .Error,
                StatusCodes.Status415UnsupportedMediaType => ScimError
                    .UnsupportedMediaType("Send application/scim+json or application/json.")
                    .Error,
                _ => null,
            }
            : null;

    private static Task WriteAsync(HttpContext context, ScimError error)
    {
        if (context.Request.Path.StartsWithSegments("/scim"))
        {
            return ScimErrors.WriteAsync(context, error);
        }

        if (context.Request.Path.StartsWithSegments("/admin"))
        {
            return AdminProblems.WriteAsync(context, error);
        }

        if (error.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        // Words about SCIM endpoints would only confuse outside of /scim.
        var detail = error.Status is 404 or 405 or 415 ? null : error.Detail;
        return TypedResults.Problem(detail, statusCode: error.Status).ExecuteAsync(context);
    }
}
