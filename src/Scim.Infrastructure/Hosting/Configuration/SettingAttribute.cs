namespace Scim.Infrastructure.Hosting.Configuration;

/// <summary>
/// Operators may change the value while the service runs, under this name; what the option is given at the start holds
/// until they do. <see cref="EffectiveSettings"/> is where it is read.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SettingAttribute(string name) : Attribute
{
    public string Name { get; } = name;

    /// <summary>Whether a tenant may have a value of its own.</summary>
    public bool PerTenant { get; init; }

    /// <summary>Whether it can be on for some tenants only.</summary>
    public bool IsFeature { get; init; }
}
