using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <param name="Name">The slug if not given.</param>
/// <param name="Plan">Unlimited if not given.</param>
/// <param name="WorkspaceId">The default workspace if not given.</param>
public sealed record CreateTenant(
    string? Slug,
    string? Name,
    string? Plan = null,
    TenantLimits? Limits = null,
    string? TimeZone = null,
    IReadOnlyList<string?>? Contacts = null,
    Guid? WorkspaceId = null
) : TenantValues(Name, Plan, Limits, TimeZone, Contacts, WorkspaceId), ICommand<Tenant>;

internal sealed class CreateTenantValidator : AbstractValidator<CreateTenant>
{
    public CreateTenantValidator()
    {
        Include(new TenantValuesValidator());
        RuleFor(x => x.Slug)
            .Must(slug => slug is not null && Tenant.IsSlug(slug))
            .WithMessage("is 2 to 63 lower-case letters, digits and hyphens, and does not start with a hyphen");
    }
}

internal sealed class CreateTenantHandler(ITenantStore tenants, TimeProvider clock)
    : IRequestHandler<CreateTenant, Tenant>
{
    public async Task<Tenant> Handle(CreateTenant request, CancellationToken cancellationToken)
    {
        var plan =
            await tenants.FindPlanAsync(request.Plan ?? TenantPlan.Unlimited, cancellationToken)
            ?? throw TenantValues.UnknownPlan();
        var workspace =
            await tenants.FindWorkspaceAsync(request.WorkspaceId, cancellationToken)
            ?? throw TenantValues.UnknownWorkspace();
        var tenant = request.ApplyTo(Tenant.Create(request.Slug!, request.Name, plan, workspace, clock.Now()));
        await tenants.AddAsync(tenant, cancellationToken);
        return tenant;
    }
}
