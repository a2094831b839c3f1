using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

public sealed record GetTenant(TenantId Id) : IQuery<Tenant>;

internal sealed class GetTenantHandler(ITenantStore tenants, RequestContext request)
    : IRequestHandler<GetTenant, Tenant>
{
    public async Task<Tenant> Handle(GetTenant query, CancellationToken cancellationToken) =>
        await tenants.FindAsync(query.Id, request.Admin, cancellationToken)
        ?? throw ScimError.NotFound("Tenant", query.Id.ToString());
}

/// <summary>Those that are not purged and that the caller may see, oldest first, after the one named.</summary>
public sealed record ListReachableTenants(Guid After, int Limit) : IQuery<IReadOnlyList<Tenant>>;

/// <summary>The plans that a tenant can be on.</summary>
public sealed record ListPlans : IQuery<IReadOnlyList<TenantPlan>>;
