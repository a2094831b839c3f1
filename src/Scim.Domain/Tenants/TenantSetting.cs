using Scim.Domain.Errors;

namespace Scim.Domain.Tenants;

/// <summary>A switch that an operator may set per tenant, with its default and the one spelling in which it is stored.</summary>
public sealed class TenantSetting
{
    /// <summary>Whether two groups of a tenant may not share a displayName.</summary>
    public static readonly TenantSetting UniqueGroupNames = new("groups.uniqueDisplayName", "true");

    private static readonly TenantSetting[] Known = [UniqueGroupNames];

    private TenantSetting(string name, string defaultValue) => (Name, Default) = (name, defaultValue);

    public string Name { get; }

    public string Default { get; }

    public static TenantSetting Get(string name) =>
        Array.Find(Known, setting => setting.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw ScimError.InvalidValue(
            $"There is no such tenant setting; known are: {string.Join(", ", Known.Select(setting => setting.Name))}."
        );

    /// <summary>The stored form of what an operator typed.</summary>
    public string Read(string value) =>
        value.ToUpperInvariant() switch
        {
            "TRUE" or "ON" or "YES" => "true",
            "FALSE" or "OFF" or "NO" => "false",
            _ => throw ScimError.InvalidValue($"{Name} is true or false."),
        };
}
