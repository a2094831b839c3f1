using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Settings;

/// <summary>The values that hold: in the installation, or for one tenant.</summary>
public sealed record GetSettings(Guid? TenantId) : IQuery<SettingsView>;

/// <param name="Version">That of the tenant's own values, or of the installation's.</param>
public sealed record SettingsView(long Version, IReadOnlyList<ResolvedSetting> Settings);

internal sealed class GetSettingsHandler(ISettingsStore store, SettingCatalogue catalogue, RequestContext request)
    : IRequestHandler<GetSettings, SettingsView>
{
    public async Task<SettingsView> Handle(GetSettings query, CancellationToken cancellationToken)
    {
        var scope = SettingsScope.Of(query.TenantId, request);
        var (installation, tenant) = await store.ReadAsync(scope, cancellationToken);
        return new SettingsView((tenant ?? installation).Version, [.. catalogue.Resolve(installation, tenant)]);
    }
}

/// <summary>The versions of stored values, newest first, before the one named.</summary>
public sealed record ListSettingsVersions(Guid? TenantId, long? Before, int Limit)
    : IQuery<IReadOnlyList<SettingsVersion>>;

/// <summary>One version, and what it changed of another: the one before it, if none is named.</summary>
public sealed record GetSettingsVersion(Guid? TenantId, long Version, long? Against) : IQuery<ComparedVersion>;

public sealed record ComparedVersion(SettingsVersion Version, long Against, IReadOnlyList<SettingChange> Changes);

internal sealed class GetSettingsVersionHandler(ISettingsStore store, RequestContext request)
    : IRequestHandler<GetSettingsVersion, ComparedVersion>
{
    public async Task<ComparedVersion> Handle(GetSettingsVersion query, CancellationToken cancellationToken)
    {
        var scope = SettingsScope.Of(query.TenantId, request);
        var version = await store.GetVersionAsync(scope, query.Version, cancellationToken);
        var against = query.Against ?? Math.Max(1, query.Version - 1);
        var other = (await store.GetVersionAsync(scope, against, cancellationToken)).Settings;
        return new ComparedVersion(version, against, SettingChange.Between(other, version.Settings));
    }
}

internal static class SettingsScope
{
    /// <exception cref="ScimException">404 for a tenant out of the caller's reach, 403 for the installation where that is.</exception>
    public static TenantId Of(Guid? tenant, RequestContext request)
    {
        if (tenant is { } id)
        {
            return request.Reach(id);
        }

        return request.Admin?.TenantIds is null
            ? TenantId.Installation
            : throw ScimError.Refused(
                403,
                "insufficient-permission",
                "These are the settings of the installation; name one of your tenants by tenantId."
            );
    }

    public static async Task<SettingsVersion> GetVersionAsync(
        this ISettingsStore store,
        TenantId scope,
        long version,
        CancellationToken cancellationToken
    ) =>
        await store.FindVersionAsync(scope, version, cancellationToken)
        ?? throw ScimError.NotFound("Version", version.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
