using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Audit;

/// <summary>Which rows of the journal are asked for; what is null does not matter.</summary>
/// <param name="Tenant">Null for all that the caller may reach.</param>
/// <param name="Actor">As in the journal (<c>client:{id}</c>), or the part after the colon.</param>
/// <param name="To">The first moment that is too late.</param>
public sealed record AuditFilter(
    TenantId? Tenant = null,
    string? Operation = null,
    string? Actor = null,
    string? ResourceType = null,
    string? ResourceId = null,
    string? Outcome = null,
    string? RequestId = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null
);

/// <summary>Where a page ended. Time first: it is what an auditor sorts by, and sequence numbers are handed out before the commit.</summary>
public readonly record struct AuditPosition(DateTimeOffset Time, long Sequence)
{
    /// <summary>Later than any row.</summary>
    public static readonly AuditPosition End = new(new DateTimeOffset(9999, 1, 1, 0, 0, 0, TimeSpan.Zero), 0);
}

/// <summary>The newest rows before the position.</summary>
public sealed record ListAudit(AuditFilter Filter, AuditPosition? Before, int Limit) : IQuery<AuditPage>;

/// <summary>One row, by the tenant and number that its id is made of.</summary>
public sealed record GetAudit(TenantId Tenant, long Sequence) : IQuery<AuditEntry>;

/// <param name="Next">
/// Where to go on; null at the end. A page may be short and not the last: what is rare among all tenants is looked for in
/// a bounded number of rows at a time.
/// </param>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Items, AuditPosition? Next);

/// <param name="Detail">Facts that are no personal data, mostly JSON.</param>
/// <param name="Changes">Before and after, as JSON; null when the row recorded none, or they were erased.</param>
public sealed record AuditEntry(
    TenantId Tenant,
    long Sequence,
    DateTimeOffset Time,
    AuditActor Actor,
    string Operation,
    string? ResourceType,
    string? ResourceId,
    string Outcome,
    string RequestId,
    string? Detail,
    int Occurrences,
    string? Changes,
    bool ChangesErased
);

/// <param name="Name">What is known by that id today; null for what is gone.</param>
public sealed record AuditActor(string Type, string? Id, string? Name);

/// <summary>Whose journal a caller may read: all, or that of the tenants that it reaches. Verbs have no caller.</summary>
public static class AuditReach
{
    /// <exception cref="ScimException">404 for a tenant that the caller does not reach.</exception>
    public static void Require(RequestContext request, TenantId tenant)
    {
        if (!request.Reaches(tenant))
        {
            throw ScimError.NotFound("Tenant", tenant.ToString());
        }
    }

    /// <summary>The tenants to read; null for every one.</summary>
    public static IReadOnlyList<Guid>? Tenants(RequestContext request, TenantId? wanted)
    {
        if (wanted is not { } tenant)
        {
            return request.Admin?.TenantIds;
        }

        Require(request, tenant);
        return [tenant.Value];
    }
}
