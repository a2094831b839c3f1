using Scim.Application.Common;

namespace Scim.Application.Tenants;

/// <summary>The clients of a tenant, oldest first; none when there is no such tenant.</summary>
public sealed record ListClients(string TenantSlug) : IQuery<IReadOnlyList<ListedClient>>;

public sealed record ListedClient(Guid Id, string Name);
