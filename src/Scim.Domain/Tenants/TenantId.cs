namespace Scim.Domain.Tenants;

/// <summary>One customer's directory: the unit of isolation. First part of every key.</summary>
public readonly record struct TenantId(Guid Value)
{
    /// <summary>The installation: no directory, but the journal of what concerns no tenant, or more than one.</summary>
    public static TenantId Installation => default;

    public override string ToString() => Value.ToString("D");
}
