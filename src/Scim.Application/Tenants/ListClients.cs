using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>The clients of a tenant, oldest first. Refuses with 404 when there is no such tenant.</summary>
public sealed record ListClients(string TenantSlug) : IQuery<IReadOnlyList<ListedClient>>;

/// <param name="State"><c>active</c>, or why its tokens are refused.</param>
public sealed record ListedClient(
    Guid Id,
    string Name,
    Scopes Scopes,
    string Profile,
    string State,
    DateTimeOffset CreatedAt
);
