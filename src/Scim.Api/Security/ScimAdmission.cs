using Microsoft.Extensions.Options;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Security;

namespace Scim.Api.Security;

/// <summary>
/// Bounds the requests that are served at once: beyond that a client is told to come again, at once, instead of waiting in
/// a queue that only grows. What needs no tenant passes.
/// </summary>
internal sealed class ScimAdmission(RequestDelegate next, IOptions<LimitsOptions> options)
{
    private readonly TenantPlaces _places = new(options.Value.MaxConcurrentRequests);

    public async Task InvokeAsync(HttpContext context, RequestContext request)
    {
        if (request.Tenant is not { } tenant)
        {
            await next(context);
            return;
        }

        if (!_places.TryEnter(tenant))
        {
            throw ScimError.Overloaded("More requests are being served than this service has room for; try again.");
        }

        try
        {
            await next(context);
        }
        finally
        {
            _places.Leave(tenant);
        }
    }
}
