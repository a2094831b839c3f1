namespace Scim.Domain.Operators;

/// <summary>What a credential of the control plane may do; also the scopes of API keys.</summary>
[Flags]
public enum Permissions
{
    None = 0,
    ReadOperators = 1,
    WriteOperators = 2,
    ReadApiKeys = 4,
    WriteApiKeys = 8,
    ReadTenants = 16,
    WriteTenants = 32,
    ReadWorkspaces = 64,
    WriteWorkspaces = 128,
    ReadScimClients = 256,
    WriteScimClients = 512,
    ReadConfig = 1024,
    WriteConfig = 2048,
    ReadSchemas = 4096,
    WriteSchemas = 8192,
    ReadAudit = 16384,
    WriteAudit = 32768,
    ReadKeys = 65536,
    WriteKeys = 131072,

    /// <summary>What belongs to no tenant: nobody who is bound to tenants has it, whatever the role.</summary>
    OfInstallation = ReadApiKeys | WriteApiKeys | WriteTenants | WriteWorkspaces | WriteConfig | ReadKeys | WriteKeys,
    All =
        ReadOperators
        | WriteOperators
        | ReadApiKeys
        | WriteApiKeys
        | ReadTenants
        | WriteTenants
        | ReadWorkspaces
        | WriteWorkspaces
        | ReadConfig
        | WriteConfig
        | ReadSchemas
        | WriteSchemas
        | ReadAudit
        | WriteAudit
        | ReadScimClients
        | WriteScimClients
        | ReadKeys
        | WriteKeys,
}

/// <summary>Permissions as they are written: <c>operators:read</c>.</summary>
public static class PermissionNames
{
    private static readonly Dictionary<string, Permissions> Known = new(StringComparer.Ordinal)
    {
        ["operators:read"] = Permissions.ReadOperators,
        ["operators:write"] = Permissions.WriteOperators,
        ["api_keys:read"] = Permissions.ReadApiKeys,
        ["api_keys:write"] = Permissions.WriteApiKeys,
        ["tenants:read"] = Permissions.ReadTenants,
        ["tenants:write"] = Permissions.WriteTenants,
        ["workspaces:read"] = Permissions.ReadWorkspaces,
        ["workspaces:write"] = Permissions.WriteWorkspaces,
        ["scim_clients:read"] = Permissions.ReadScimClients,
        ["scim_clients:write"] = Permissions.WriteScimClients,
        ["config:read"] = Permissions.ReadConfig,
        ["config:write"] = Permissions.WriteConfig,
        ["schemas:read"] = Permissions.ReadSchemas,
        ["schemas:write"] = Permissions.WriteSchemas,
        ["audit:read"] = Permissions.ReadAudit,
        ["audit:write"] = Permissions.WriteAudit,
        ["keys:read"] = Permissions.ReadKeys,
        ["keys:write"] = Permissions.WriteKeys,
    };

    public static IReadOnlyCollection<string> All => Known.Keys;

    public static bool IsKnown(string name) => Known.ContainsKey(name);

    /// <summary>Names that are not known give nothing.</summary>
    public static Permissions Parse(IEnumerable<string> names) =>
        names.Aggregate(Permissions.None, (all, name) => all | Known.GetValueOrDefault(name));

    public static IReadOnlyList<string> Of(Permissions permissions) =>
        [.. Known.Where(pair => permissions.HasFlag(pair.Value)).Select(pair => pair.Key)];
}
