using Scim.Application.Common;

namespace Scim.Infrastructure.Persistence.Journal;

internal sealed class RefusalRecorder(JournalRecorder journal) : IRefusalRecorder
{
    public void Record(Refusal refusal) =>
        journal.RefusedWrite(
            refusal.Tenant,
            refusal.Actor,
            refusal.RequestId,
            refusal.Operation,
            refusal.ResourceType,
            refusal.ResourceId,
            refusal.Status >= 500 ? "error" : "refused",
            refusal.Reason
        );
}
