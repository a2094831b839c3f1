using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>The tenants that have four fifths of their limit of users or more, the fullest first.</summary>
public sealed record ListTenantsNearLimit(int Limit) : IQuery<IReadOnlyList<NearLimit>>;

public sealed record NearLimit(TenantId Id, string Slug, long Users, long Limit)
{
    public double Ratio => Limit == 0 ? 1 : (double)Users / Limit;
}
