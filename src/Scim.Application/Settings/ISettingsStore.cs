using System.Text.Json;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Settings;

/// <summary>The stored settings of the installation and of tenants, each a row of versions that are never altered.</summary>
public interface ISettingsStore
{
    /// <summary>What is stored now; the second is the tenant's, where one is asked for.</summary>
    /// <exception cref="ScimException">404 for a tenant that does not exist.</exception>
    Task<(StoredSettings Installation, StoredSettings? Tenant)> ReadAsync(
        TenantId scope,
        CancellationToken cancellationToken
    );

    Task<SettingsVersion?> FindVersionAsync(TenantId scope, long version, CancellationToken cancellationToken);

    /// <summary>Adds a version, journals what it changes and makes it hold; false when there is one of that number.</summary>
    Task<bool> AddAsync(
        TenantId scope,
        StoredSettings next,
        long? restoredFrom,
        IReadOnlyList<SettingChange> changes,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );
}

/// <param name="RestoredFrom">The version whose values it brought back.</param>
public sealed record SettingsVersion(
    StoredSettings Settings,
    DateTimeOffset CreatedAt,
    string Actor,
    long? RestoredFrom
);

/// <summary>What a version did to a setting; null is no stored value.</summary>
public sealed record SettingChange(string Name, JsonElement? Before, JsonElement? After)
{
    public static IReadOnlyList<SettingChange> Between(StoredSettings before, StoredSettings after) =>
        [
            .. before
                .Values.Keys.Union(after.Values.Keys)
                .Order(StringComparer.Ordinal)
                .Select(name => new SettingChange(name, Find(before, name), Find(after, name)))
                .Where(change => !StoredSettings.IsSame(change.Before, change.After)),
        ];

    private static JsonElement? Find(StoredSettings settings, string name) =>
        settings.Values.TryGetValue(name, out var value) ? value : null;
}
