using Microsoft.Extensions.Options;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Security;

namespace Scim.Api.Scim;

/// <summary>
/// Bounds the large bodies that are held at once, from the first bytes over the threshold to the end of the answer: each is bounded
/// by itself, and together they would be as many as there are requests. Small ones are bounded by the number of requests.
/// </summary>
internal sealed class LargeBodies(IOptions<LimitsOptions> options)
{
    public const int Threshold = 65_536;

    private readonly TenantPlaces _places = new(options.Value.MaxLargeBodies);

    /// <exception cref="ScimException">503 when no place came free in time.</exception>
    public async ValueTask HoldAsync(HttpContext context)
    {
        var tenant = context.RequestServices.GetRequiredService<RequestContext>().Tenant ?? TenantId.Installation;
        if (!await _places.EnterAsync(tenant, context.RequestAborted))
        {
            throw ScimError.Overloaded(
                $"As many bodies of more than {Threshold} bytes are being served as this service has room for; try again."
            );
        }

        context.Response.RegisterForDispose(new Place(_places, tenant));
    }

    private sealed class Place(TenantPlaces places, TenantId tenant) : IDisposable
    {
        public void Dispose() => places.Leave(tenant);
    }
}
