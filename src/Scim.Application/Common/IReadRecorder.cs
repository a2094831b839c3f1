using Scim.Domain.Tenants;

namespace Scim.Application.Common;

/// <summary>Counts reads for the journal: one row per client, operation and minute. Never blocks and never throws.</summary>
public interface IReadRecorder
{
    void Read(TenantId tenant, string actor, string operation);
}
