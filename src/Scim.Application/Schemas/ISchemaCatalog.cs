using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Application.Schemas;

/// <summary>The schemas of one tenant, compiled once per version, and what else its writes are held to.</summary>
/// <param name="User">User with its extensions.</param>
/// <param name="Group">Group with its extensions.</param>
/// <param name="UniqueGroupNames">The tenant setting <c>groups.uniqueDisplayName</c>.</param>
public sealed record TenantSchemas(ResourceSchema User, ResourceSchema Group, bool UniqueGroupNames)
{
    public static readonly TenantSchemas BuiltIn = new(ResourceSchema.User(), ResourceSchema.Group(), true);

    public TenantLimits Limits { get; init; } = TenantLimits.None;

    public ResourceSchema? Find(string resourceType) =>
        resourceType == User.Name ? User
        : resourceType == Group.Name ? Group
        : null;
}

public interface ISchemaCatalog
{
    /// <summary>The schemas of the request's tenant; from memory unless they changed.</summary>
    ValueTask<TenantSchemas> GetAsync(CancellationToken cancellationToken);
}
