using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Application.Audit;

/// <summary>One person's history, newest first: what happened to the user, and every group that the user joined or left.</summary>
public sealed record ShowTimeline(TenantId Tenant, Guid User, AuditPosition? Before, int Limit) : IQuery<Timeline>;

/// <param name="IsComplete">
/// False while so many rows wait for the job that notes their members that groups joined or left may be missing.
/// </param>
public sealed record Timeline(IReadOnlyList<AuditEntry> Items, AuditPosition? Next, bool IsComplete);
