using Scim.Domain.Tenants;

namespace Scim.Application.Common;

/// <summary>A request that was refused, for the journal: facts only, never a secret or an attribute value.</summary>
public sealed record Refusal(
    TenantId Tenant,
    string Actor,
    string RequestId,
    string Operation,
    int Status,
    string Reason,
    string? ResourceType = null,
    string? ResourceId = null
);

/// <summary>
/// Takes refusals off the request's path and journals them, bounded per actor with a counting summary row (design
/// section 3). Never blocks and never throws.
/// </summary>
public interface IRefusalRecorder
{
    void Record(Refusal refusal);
}
