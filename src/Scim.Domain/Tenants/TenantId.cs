namespace Scim.Domain.Tenants;

/// <summary>One customer's directory: the unit of isolation. First part of every key.</summary>
public readonly record struct TenantId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}
