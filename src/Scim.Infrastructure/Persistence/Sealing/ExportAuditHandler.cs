using MediatR;
using Scim.Application.Audit;
using Scim.Application.Tenants;
using Scim.Domain.Errors;

namespace Scim.Infrastructure.Persistence.Sealing;

internal sealed class ExportAuditHandler(IAuditTrail trail, ITenantStore tenants) : IRequestHandler<ExportAudit, long>
{
    public async Task<long> Handle(ExportAudit request, CancellationToken cancellationToken)
    {
        var tenant =
            await tenants.FindIdAsync(request.TenantSlug, cancellationToken)
            ?? throw ScimError.NotFound("Tenant", request.TenantSlug);
        var lines = 0L;
        await foreach (var entry in trail.ReadAsync(tenant, cancellationToken))
        {
            await request.Output.WriteLineAsync(TrailFile.Line(entry));
            lines++;
        }

        return lines;
    }
}
