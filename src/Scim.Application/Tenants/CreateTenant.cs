using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

public sealed record CreateTenant(string Slug, string? Name, TenantPlan Plan = TenantPlan.Unlimited) : ICommand<Tenant>;

internal sealed class CreateTenantValidator : AbstractValidator<CreateTenant>
{
    public CreateTenantValidator()
    {
        RuleFor(x => x.Slug).NotEmpty();
        RuleFor(x => x.Plan).IsInEnum();
    }
}

internal sealed class CreateTenantHandler(ITenantStore tenants, TimeProvider clock)
    : IRequestHandler<CreateTenant, Tenant>
{
    public async Task<Tenant> Handle(CreateTenant request, CancellationToken cancellationToken)
    {
        var tenant = Tenant.Create(request.Slug, request.Name, request.Plan, clock.Now());
        await tenants.AddAsync(tenant, cancellationToken);
        return tenant;
    }
}
