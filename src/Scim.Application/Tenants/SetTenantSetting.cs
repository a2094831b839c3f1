using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

public sealed record SetTenantSetting(string TenantSlug, string Setting, string Value) : ICommand<AppliedSetting>;

/// <summary>A setting in the spelling in which it is stored.</summary>
public sealed record AppliedSetting(string TenantSlug, string Setting, string Value);

internal sealed class SetTenantSettingValidator : AbstractValidator<SetTenantSetting>
{
    public SetTenantSettingValidator()
    {
        RuleFor(x => x.TenantSlug).NotEmpty();
        RuleFor(x => x.Setting).NotEmpty();
        RuleFor(x => x.Value).NotNull();
    }
}

internal sealed class SetTenantSettingHandler(ITenantStore tenants, TimeProvider clock)
    : IRequestHandler<SetTenantSetting, AppliedSetting>
{
    public async Task<AppliedSetting> Handle(SetTenantSetting request, CancellationToken cancellationToken)
    {
        var setting = TenantSetting.Get(request.Setting);
        var value = setting.Read(request.Value);
        var tenant =
            await tenants.FindAsync(request.TenantSlug, cancellationToken)
            ?? throw ScimError.NotFound("Tenant", request.TenantSlug);

        await tenants.SetAsync(tenant.Id, setting, value, clock.Now(), cancellationToken);
        return new AppliedSetting(tenant.Slug, setting.Name, value);
    }
}
