using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Application.Audit;

/// <summary>One person's history, newest first: what happened to the user, and every group that the user joined or left.</summary>
public sealed record ShowTimeline(TenantId Tenant, Guid User, AuditPosition? Before, int Limit) : IQuery<AuditPage>;
