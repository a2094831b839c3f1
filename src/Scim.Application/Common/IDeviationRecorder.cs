using Scim.Domain.Tenants;

namespace Scim.Application.Common;

/// <summary>Remembers in what a client's accepted requests deviated from the RFCs. Never blocks and never throws.</summary>
public interface IDeviationRecorder
{
    void Record(Caller caller, IReadOnlyCollection<Deviation> deviations);
}
