namespace Scim.Domain.Tenants;

/// <summary>How much a tenant may have of what is counted; null is no limit.</summary>
public sealed record TenantLimits(long? Users = null, long? Clients = null)
{
    public static readonly TenantLimits None = new(null, null);
}

/// <summary>How much it has.</summary>
public sealed record TenantUsage(long Users, long Clients);

/// <summary>What a tenant is given unless something else is agreed with it.</summary>
/// <param name="TrialDays">After how many days its writes are refused; null for a plan that lasts.</param>
public sealed record TenantPlan(string Name, int? TrialDays, TenantLimits Limits)
{
    public const string Unlimited = "unlimited";

    public DateTimeOffset? TrialEnd(DateTimeOffset now) => TrialDays is { } days ? now.AddDays(days) : null;
}
