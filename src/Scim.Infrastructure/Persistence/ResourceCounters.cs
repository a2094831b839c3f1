namespace Scim.Infrastructure.Persistence;

/// <summary>How many resources of a type the tenant has, in striped rows, so that <c>totalResults</c> of an unfiltered list is no scan.</summary>
internal static class ResourceCounters
{
    /// <param name="resourceType">Placeholder; $1 is the tenant.</param>
    public static string Total(string resourceType) =>
        $"select cast(coalesce(sum(value), 0) as bigint) from resource_counters where tenant_id = $1 and resource_type = {resourceType}";

    // A part of a mutation: runs only when its head applied.
    private const string Add = """
        insert into resource_counters (tenant_id, resource_type, stripe, value)
        select $1, $2, $3, $4 from head where true
        on conflict (tenant_id, resource_type, stripe) do update set value = resource_counters.value + excluded.value
        """;

    public static Statement Part(ITenantSession session, string resourceType, int delta) =>
        new(Add, Arg.Uuid(session.Tenant.Value), Arg.Text(resourceType), Arg.Int(session.Stripe), Arg.Int(delta));
}
