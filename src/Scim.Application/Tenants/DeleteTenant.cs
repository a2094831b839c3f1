using MediatR;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>
/// Deletes a tenant so that it can be restored for some days: its tokens stop working, its slug stays taken, and a job
/// waits to purge it.
/// </summary>
/// <param name="PurgesNow">The tenant is deleted already, and its days of grace are to end.</param>
public sealed record DeleteTenant(TenantId Id, bool PurgesNow, IfMatch? IfMatch) : ICommand<Tenant>;

/// <summary>For how long a deleted tenant can be restored.</summary>
public sealed record TenantGrace(TimeSpan Period);

internal sealed class DeleteTenantHandler(
    TenantEdit edit,
    TenantGrace grace,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<DeleteTenant, Tenant>
{
    public Task<Tenant> Handle(DeleteTenant command, CancellationToken cancellationToken)
    {
        SteppedUp.Require(request, clock);
        return edit.RunAsync(
            command.Id,
            command.IfMatch,
            "tenant.delete",
            before => command.PurgesNow ? before.PurgeNow(clock.Now()) : before.Delete(clock.Now(), grace.Period),
            cancellationToken
        );
    }
}

/// <summary>Gives a deleted tenant back as it was, tokens and all. Refused with 409 once its purge has begun.</summary>
public sealed record RestoreTenant(TenantId Id, IfMatch? IfMatch) : ICommand<Tenant>;

internal sealed class RestoreTenantHandler(TenantEdit edit) : IRequestHandler<RestoreTenant, Tenant>
{
    public Task<Tenant> Handle(RestoreTenant command, CancellationToken cancellationToken) =>
        edit.RunAsync(command.Id, command.IfMatch, "tenant.restore", before => before.Restore(), cancellationToken);
}
