using MediatR;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Audit;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Sealing;

internal sealed class VerifyAuditHandler(
    IAuditTrail trail,
    ICheckpoints checkpoints,
    ICheckpointDeliveries deliveries,
    ITenantStore tenants,
    RequestContext context
) : IRequestHandler<VerifyAudit, ChainReport>
{
    public async Task<ChainReport> Handle(VerifyAudit request, CancellationToken cancellationToken)
    {
        var tenant = await FindAsync(request, cancellationToken);
        AuditReach.Require(context, tenant);
        var verifier = new ChainVerifier(tenant, checkpoints.Verifier(request.KeyFiles ?? []));
        var entries = request.ExportFile is { } file
            ? TrailFile.ReadAsync(file, cancellationToken)
            : trail.ReadAsync(tenant, cancellationToken);
        await foreach (var entry in entries)
        {
            switch (entry)
            {
                case TrailRow row:
                    verifier.Read(row.Row, row.Salt, row.Change);
                    break;
                case TrailSeal seal:
                    verifier.Read(seal.Seal);
                    break;
                case TrailCheckpoint checkpoint:
                    verifier.Read(checkpoint.Checkpoint);
                    break;
            }
        }

        // An export is verified without a database.
        var report = verifier.Finish(
            await checkpoints.ReadCopiesAsync(tenant, request.CheckpointFolder, cancellationToken),
            request.ExportFile is null ? await deliveries.FindAsync(tenant, cancellationToken) : null
        );
        // The chain outlives its tenant; where there is no trace of one, there was none.
        return report is { Rows: 0, Seals: 0, Checkpoints: 0, IsIntact: true } && tenant != TenantId.Installation
            ? throw ScimError.NotFound("Tenant", request.Tenant)
            : report;
    }

    private async Task<TenantId> FindAsync(VerifyAudit request, CancellationToken cancellationToken) =>
        Guid.TryParseExact(request.Tenant, "D", out var id)
            ? new TenantId(id)
            : await tenants.FindIdAsync(request.Tenant, cancellationToken)
                ?? throw ScimError.NotFound("Tenant", request.Tenant);
}
