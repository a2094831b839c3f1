using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Scim.Application.Common;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Hosting.Telemetry;

namespace Scim.Infrastructure.Hosting.Requests;

/// <summary>The exception that the error edge answered with a 500; it is logged once, with the request's line.</summary>
public sealed record UnexpectedError(Exception Exception);

/// <summary>Measures every request of the two planes, and logs writes, refusals, failures, slow requests and a sample of the reads.</summary>
internal sealed class RequestRecorder(
    RequestDelegate next,
    RequestMetrics metrics,
    RequestLog log,
    IOptions<TelemetryOptions> options,
    TimeProvider clock
)
{
    /// <summary>What proxies log when the client left before the answer.</summary>
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context, RequestContext request)
    {
        var started = clock.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            Record(context, request, clock.GetElapsedTime(started));
        }
    }

    private void Record(HttpContext context, RequestContext request, TimeSpan duration)
    {
        var status =
            context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted
                ? ClientClosedRequest
                : context.Response.StatusCode;
        var scim = context.Request.Path.StartsWithSegments("/scim");
        var admin = !scim && context.Request.Path.StartsWithSegments("/admin");
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";
        if (scim)
        {
            metrics.Record(context.Request, status, duration.TotalSeconds);
        }
        else if (admin)
        {
            metrics.Record(context.Request, route, status, duration.TotalSeconds);
        }

        if (context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } activity)
        {
            Describe(activity, context, request, route, status);
        }

        if (!IsLogged(context.Request, scim || admin, status, duration))
        {
            return;
        }

        log.Write(
            new RequestLogEntry(
                request.RequestId,
                RequestMetrics.Method(context.Request.Method),
                route,
                status,
                duration.TotalMilliseconds,
                request.Tenant?.ToString(),
                request.Caller?.ClientId,
                Activity.Current?.TraceId.ToHexString(),
                context.Features.Get<UnexpectedError>()?.Exception
            )
        );
    }

    // The framework names the span and its path before routing; a path may hold what a client took for an id.
    private static void Describe(
        Activity activity,
        HttpContext context,
        RequestContext request,
        string route,
        int status
    )
    {
        activity.DisplayName = $"{RequestMetrics.Method(context.Request.Method)} {route}";
        activity.SetTag("url.path", null);
        activity.SetTag("http.route", route);
        activity.SetTag("http.response.status_code", status);
        activity.SetTag("scim.request_id", request.RequestId);
        activity.SetTag("scim.tenant", request.Tenant?.ToString());
        activity.SetTag("scim.client", request.Caller?.ClientId.ToString());
        if (status >= 500)
        {
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }

    private bool IsLogged(HttpRequest request, bool isOurs, int status, TimeSpan duration) =>
        status >= 400
        || duration.TotalMilliseconds >= options.Value.SlowRequestMilliseconds
        || (isOurs && IsWrite(request))
#pragma warning disable CA5394 // a sample needs no unpredictable numbers
        || Random.Shared.NextDouble() < options.Value.ReadLogSampleRatio;
#pragma warning restore CA5394

    // RFC 7644 §3.4.3: a search is a read, although it is a POST.
    private static bool IsWrite(HttpRequest request) =>
        !HttpMethods.IsGet(request.Method)
        && !HttpMethods.IsHead(request.Method)
        && RequestMetrics.ResourceType(request.Path) != "Search";
}
