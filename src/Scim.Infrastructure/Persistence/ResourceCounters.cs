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
        on conflict (tenant_id, resource_type, stripe) do update
           set value = resource_counters.value + excluded.value, ceiling = null
        """;

    // Where there is a limit, all writers take the first row, and what stands in the others does not move: so the last place is
    // given once, however many ask for it (docs/adr/0022-limits-of-tenants.md).
    private const string AddWithin = """
        insert into resource_counters (tenant_id, resource_type, stripe, value, ceiling)
        select $1, $2, 0, 1,
               $3 - (select cast(coalesce(sum(o.value), 0) as bigint) from resource_counters o
                      where o.tenant_id = $1 and o.resource_type = $2 and o.stripe <> 0)
          from head where true
        on conflict (tenant_id, resource_type, stripe) do update
           set value = resource_counters.value + 1, ceiling = excluded.ceiling
        """;

    /// <param name="limit">How many there may be; null for any number.</param>
    public static Statement Added(ITenantSession session, string resourceType, long? limit = null) =>
        limit is { } most
            ? new(AddWithin, Arg.Uuid(session.Tenant.Value), Arg.Text(resourceType), Arg.Int(most))
            : Part(session, resourceType, 1, session.Stripe);

    /// <param name="limit">As for <see cref="Added"/>: it says which row is counted in.</param>
    public static Statement Removed(ITenantSession session, string resourceType, long? limit = null) =>
        Part(session, resourceType, -1, limit is null ? session.Stripe : 0);

    private static Statement Part(ITenantSession session, string resourceType, int delta, int stripe) =>
        new(Add, Arg.Uuid(session.Tenant.Value), Arg.Text(resourceType), Arg.Int(stripe), Arg.Int(delta));
}
