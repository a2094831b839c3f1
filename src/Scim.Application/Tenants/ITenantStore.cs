using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>
/// Tenants. Each method that changes something is one transaction that also moves the configuration
/// epoch and appends to the tenant's journal.
/// </summary>
public interface ITenantStore
{
    /// <summary>Refuses with 409 when the slug is taken.</summary>
    Task AddAsync(Tenant tenant, CancellationToken cancellationToken);

    Task<TenantId?> FindIdAsync(string slug, CancellationToken cancellationToken);

    /// <summary>Null also for a tenant that the caller may not see.</summary>
    Task<string?> FindSlugAsync(TenantId id, AdminCaller? caller, CancellationToken cancellationToken);

    /// <summary>With what it uses, which is counted. Null also for a tenant that the caller may not see.</summary>
    Task<Tenant?> FindAsync(TenantId id, AdminCaller? caller, CancellationToken cancellationToken);

    /// <summary>
    /// Stores <paramref name="after"/> over the version of <paramref name="before"/>, and opens the job that purges it when
    /// it is to be purged at another time; false when the version has changed.
    /// </summary>
    Task<bool> SaveAsync(
        Tenant before,
        Tenant after,
        string operation,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );

    Task<TenantPlan?> FindPlanAsync(string name, CancellationToken cancellationToken);

    /// <summary>The default workspace for null; null when there is none of this id.</summary>
    Task<Guid?> FindWorkspaceAsync(Guid? id, CancellationToken cancellationToken);
}
