using System.Text.Json;
using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Application.Settings;

/// <summary>Stores the values named and takes away those that are null; the others stay.</summary>
/// <param name="IfMatch">Versions over which it may be done; null for any.</param>
public sealed record UpdateSettings(Guid? TenantId, IReadOnlyDictionary<string, JsonElement> Changes, IfMatch? IfMatch)
    : ICommand<SettingsView>;

/// <summary>What a request says of settings.</summary>
public sealed record SettingValues(IReadOnlyDictionary<string, JsonElement>? Settings);

internal sealed class SettingValuesValidator : AbstractValidator<SettingValues>
{
    public SettingValuesValidator() => RuleFor(x => x.Settings).NotNull();
}

/// <summary>Stores the values of an earlier version again, as a new one.</summary>
public sealed record RestoreSettings(Guid? TenantId, long Version, IfMatch? IfMatch) : ICommand<SettingsView>;

internal sealed class UpdateSettingsHandler(SettingsChanger changer, SettingCatalogue catalogue)
    : IRequestHandler<UpdateSettings, SettingsView>
{
    public Task<SettingsView> Handle(UpdateSettings command, CancellationToken cancellationToken)
    {
        catalogue.Check(command.Changes, command.TenantId is not null);
        return changer.ChangeAsync(
            command.TenantId,
            before => before.With(command.Changes),
            null,
            command.IfMatch,
            cancellationToken
        );
    }
}

internal sealed class RestoreSettingsHandler(
    ISettingsStore store,
    SettingsChanger changer,
    SettingCatalogue catalogue,
    RequestContext request
) : IRequestHandler<RestoreSettings, SettingsView>
{
    public async Task<SettingsView> Handle(RestoreSettings command, CancellationToken cancellationToken)
    {
        var scope = SettingsScope.Of(command.TenantId, request);
        var version = await store.GetVersionAsync(scope, command.Version, cancellationToken);
        var values = version.Settings.Values;
        // The product may have changed since then.
        catalogue.Check(values, command.TenantId is not null);
        return await changer.ChangeAsync(
            command.TenantId,
            before => new StoredSettings(before.Version + 1, values),
            command.Version,
            command.IfMatch,
            cancellationToken
        );
    }
}

/// <summary>Adds a version to what is stored, over the version that the caller knows.</summary>
internal sealed class SettingsChanger(
    ISettingsStore store,
    SettingCatalogue catalogue,
    RequestContext request,
    TimeProvider clock
)
{
    private const int Attempts = 4;

    public async Task<SettingsView> ChangeAsync(
        Guid? tenantId,
        Func<StoredSettings, StoredSettings> change,
        long? restoredFrom,
        IfMatch? ifMatch,
        CancellationToken cancellationToken
    )
    {
        var scope = SettingsScope.Of(tenantId, request);
        for (var attempt = 1; ; attempt++)
        {
            var (installation, tenant) = await store.ReadAsync(scope, cancellationToken);
            var before = tenant ?? installation;
            var after = change(before);
            if (after.HasSameValues(before))
            {
                after = before;
            }

            (installation, tenant) = tenant is null ? (after, null) : (installation, after);
            // What is wrong with the values is told before what is wrong with the version.
            catalogue.CheckTogether(installation, tenant);
            if (ifMatch?.Accepts(before.Version) == false)
            {
                throw ScimError.VersionMismatch(before.Version);
            }

            if (
                ReferenceEquals(after, before)
                || await store.AddAsync(
                    scope,
                    after,
                    restoredFrom,
                    SettingChange.Between(before, after),
                    clock.Now(),
                    cancellationToken
                )
            )
            {
                return new SettingsView(after.Version, [.. catalogue.Resolve(installation, tenant)]);
            }

            if (attempt == Attempts)
            {
                throw ScimError.Unavailable("Too many changed the settings at once; try again.");
            }
        }
    }
}
