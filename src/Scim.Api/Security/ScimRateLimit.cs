using Scim.Api.Scim;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Security;

namespace Scim.Api.Security;

/// <summary>One budget per SCIM client; per network where discovery is read without a token.</summary>
internal sealed class ScimRateLimit(RequestDelegate next, RateLimiter limiter, SecurityMetrics metrics)
{
    public Task InvokeAsync(HttpContext context, RequestContext request)
    {
        if (!context.Request.Path.StartsWithSegments("/scim"))
        {
            return next(context);
        }

        var granted = request.Caller is { } caller
            ? limiter.TryTake(caller, out var retryAfter)
            : limiter.TryTake(context.Connection.RemoteIpAddress, out retryAfter);
        if (granted)
        {
            return next(context);
        }

        metrics.Limited(request.Caller);
        var seconds = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds));
        return ScimErrors.WriteAsync(
            context,
            ScimError.TooManyRequests(seconds, $"Too many requests; try again in {seconds} s.").Error
        );
    }
}
