using FluentValidation;
using Scim.Application.Common;

namespace Scim.Application.Audit;

/// <summary>
/// Writes a tenant's journal with its changes, seals and checkpoints, one JSON object a line. Answers how many lines.
/// </summary>
public sealed record ExportAudit(string TenantSlug, TextWriter Output) : IQuery<long>;

internal sealed class ExportAuditValidator : AbstractValidator<ExportAudit>
{
    public ExportAuditValidator() => RuleFor(x => x.TenantSlug).NotEmpty();
}
