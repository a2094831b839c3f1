using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Operators;

namespace Scim.Application.Operators;

/// <summary>Nobody gives away more than they have, or acts on those who have more. Verbs have no caller and are bound by neither.</summary>
internal static class Grants
{
    public static void RequireRank(AdminCaller? caller, OperatorAccount account) =>
        Require(caller, account.Roles, account.TenantIds);

    public static void RequireGrantable(
        AdminCaller? caller,
        IReadOnlyList<string> roles,
        IReadOnlyList<Guid>? tenantIds,
        IReadOnlyList<Guid> workspaceIds
    )
    {
        Require(caller, roles, tenantIds);
        if (caller?.IsTenantBound == true && workspaceIds.Except(caller.WorkspaceIds).Any())
        {
            throw UnknownWorkspaces();
        }

        if (caller?.TenantIds is { } own && (tenantIds is null || tenantIds.Except(own).Any()))
        {
            // As for a tenant that does not exist: whose it is is not the caller's to know.
            throw UnknownTenants();
        }
    }

    public static ScimException UnknownTenants() =>
        ScimError.Invalid(
            new Dictionary<string, string[]> { ["tenantIds"] = ["must name tenants that exist and that you reach"] }
        );

    public static ScimException UnknownWorkspaces() =>
        ScimError.Invalid(
            new Dictionary<string, string[]>
            {
                ["workspaceIds"] = ["must name workspaces that exist and that you are a member of"],
            }
        );

    private static void Require(AdminCaller? caller, IEnumerable<string> roles, IReadOnlyList<Guid>? tenantIds)
    {
        var allowed = OperatorRole.PermissionsOf(roles, tenantIds is not null);
        if (caller is not null && (allowed & ~caller.Permissions) != Permissions.None)
        {
            throw ScimError.Refused(
                403,
                "insufficient-permission",
                "These roles allow more than your own credential does; only one that has as much can do this."
            );
        }
    }
}
