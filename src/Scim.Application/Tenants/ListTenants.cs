using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>Tenants in the order of their slugs, from the one after <paramref name="After"/>, at most <paramref name="Limit"/>.</summary>
public sealed record ListTenants(string After = "", int Limit = 1000) : IQuery<IReadOnlyList<Tenant>>;
