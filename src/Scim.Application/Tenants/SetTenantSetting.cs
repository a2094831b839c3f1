using System.Text.Json;
using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Settings;
using Scim.Domain.Errors;

namespace Scim.Application.Tenants;

/// <summary>Gives a tenant a value of its own, as people type it.</summary>
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

internal sealed class SetTenantSettingHandler(ITenantStore tenants, SettingCatalogue catalogue, IMediator mediator)
    : IRequestHandler<SetTenantSetting, AppliedSetting>
{
    public async Task<AppliedSetting> Handle(SetTenantSetting request, CancellationToken cancellationToken)
    {
        var known = catalogue.All.Where(setting => setting.PerTenant).Select(setting => setting.Name).ToList();
        var name =
            known.Find(name => name.Equals(request.Setting, StringComparison.OrdinalIgnoreCase))
            ?? throw ScimError.InvalidValue($"There is no such tenant setting; known are: {string.Join(", ", known)}.");
        var tenant =
            await tenants.FindIdAsync(request.TenantSlug, cancellationToken)
            ?? throw ScimError.NotFound("Tenant", request.TenantSlug);
        var value = Read(request.Value);
        var changes = new Dictionary<string, JsonElement> { [name] = value };
        await mediator.Send(new UpdateSettings(tenant.Value, changes, IfMatch: null), cancellationToken);
        return new AppliedSetting(request.TenantSlug, name, value.GetRawText());
    }

    // What is no JSON is a text, which the setting refuses in its own words.
    private static JsonElement Read(string typed)
    {
        var json = typed.ToUpperInvariant() switch
        {
            "TRUE" or "ON" or "YES" => "true",
            "FALSE" or "OFF" or "NO" => "false",
            _ => typed,
        };
        try
        {
            return JsonElement.Parse(json);
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(typed);
        }
    }
}
