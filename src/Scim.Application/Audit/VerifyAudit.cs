using FluentValidation;
using Scim.Application.Common;
using Scim.Domain.Audit;

namespace Scim.Application.Audit;

/// <summary>
/// Whether a tenant's journal is as it was sealed: that in the database, or an export of it, which needs none.
/// </summary>
/// <param name="Tenant">The tenant's slug or id; for an export the id does without a database.</param>
/// <param name="CheckpointFolder">The second place of the checkpoints; the configured one if null.</param>
/// <param name="KeyFiles">Public keys in PEM, beside the configured one.</param>
public sealed record VerifyAudit(
    string Tenant,
    string? ExportFile = null,
    string? CheckpointFolder = null,
    IReadOnlyList<string>? KeyFiles = null
) : IQuery<ChainReport>;

internal sealed class VerifyAuditValidator : AbstractValidator<VerifyAudit>
{
    public VerifyAuditValidator() => RuleFor(x => x.Tenant).NotEmpty();
}
