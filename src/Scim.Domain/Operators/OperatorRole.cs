namespace Scim.Domain.Operators;

/// <summary>
/// What an operator is for. Roles add up; an operator of named tenants has them within those tenants only, and one
/// without has them on the whole installation.
/// </summary>
public sealed record OperatorRole(string Name, Permissions Permissions)
{
    private const Permissions Reading =
        Permissions.ReadOperators
        | Permissions.ReadApiKeys
        | Permissions.ReadTenants
        | Permissions.ReadWorkspaces
        | Permissions.ReadConfig
        | Permissions.ReadSchemas
        | Permissions.ReadAudit
        | Permissions.ReadScimClients
        | Permissions.ReadKeys;

    public static readonly OperatorRole PlatformAdmin = new("platform-admin", Permissions.All);

    public static readonly OperatorRole TenantAdmin = new(
        "tenant-admin",
        Permissions.ReadOperators
            | Permissions.WriteOperators
            | Permissions.ReadTenants
            | Permissions.ReadWorkspaces
            | Permissions.ReadConfig
            | Permissions.ReadSchemas
            | Permissions.WriteSchemas
            | Permissions.ReadAudit
            | Permissions.WriteAudit
            | Permissions.ReadScimClients
            | Permissions.WriteScimClients
    );

    public static readonly OperatorRole Support = new("support", Reading);

    public static readonly OperatorRole Auditor = new("auditor", Reading);

    public static IReadOnlyList<OperatorRole> All { get; } = [PlatformAdmin, TenantAdmin, Support, Auditor];

    public static OperatorRole? Find(string name) => All.FirstOrDefault(role => role.Name == name);

    public static Permissions PermissionsOf(IEnumerable<string> roles, bool isTenantBound)
    {
        var all = roles.Aggregate(Permissions.None, (sum, name) => sum | (Find(name)?.Permissions ?? Permissions.None));
        return isTenantBound ? all & ~Permissions.OfInstallation : all;
    }
}
