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

    Task<Tenant?> FindAsync(string slug, CancellationToken cancellationToken);
}
