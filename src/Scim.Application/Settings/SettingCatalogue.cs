using System.Text.Json;
using Scim.Domain.Errors;

namespace Scim.Application.Settings;

/// <summary>Every setting there is, and the order in which their values hold: tenant, stored, environment, default.</summary>
public sealed class SettingCatalogue(IEnumerable<Setting> settings)
{
    private const string DefaultPageSize = "limits.defaultPageSize";
    private const string MaxPageSize = "limits.maxPageSize";

    private readonly Dictionary<string, Setting> _settings = settings.ToDictionary(
        setting => setting.Name,
        StringComparer.Ordinal
    );

    public IReadOnlyCollection<Setting> All => _settings.Values;

    public IEnumerable<ResolvedSetting> Resolve(StoredSettings installation, StoredSettings? tenant) =>
        _settings.Values.Select(setting => Resolve(setting, installation, tenant));

    /// <exception cref="ScimException">422 with every setting that is wrong, also together with the others.</exception>
    public void Check(IReadOnlyDictionary<string, JsonElement> values, bool ofTenant)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            if (!_settings.TryGetValue(name, out var setting))
            {
                errors[name.Length <= 64 ? name : name[..64]] = ["is not a setting"];
            }
            else if (value.ValueKind != JsonValueKind.Null && setting.Violation(value, ofTenant) is { } rule)
            {
                errors[name] = [rule];
            }
        }

        Refuse(errors);
    }

    /// <exception cref="ScimException">422 for values that do not go together.</exception>
    public void CheckTogether(StoredSettings installation, StoredSettings? tenant)
    {
        var most = Resolve(_settings[MaxPageSize], installation, tenant).Value.GetInt64();
        if (Resolve(_settings[DefaultPageSize], installation, tenant).Value.GetInt64() > most)
        {
            Refuse(
                new SortedDictionary<string, string[]>
                {
                    [DefaultPageSize] = [$"must not be larger than {MaxPageSize}, which would be {most}"],
                }
            );
        }
    }

    // A value from another version of the product, which this one would not take, counts as not there.
    private static ResolvedSetting Resolve(Setting setting, StoredSettings installation, StoredSettings? tenant) =>
        tenant?.Values.TryGetValue(setting.Name, out var own) == true && setting.Violation(own, ofTenant: true) is null
            ? new(setting, own, "tenant")
        : installation.Values.TryGetValue(setting.Name, out var stored)
        && setting.Violation(stored, ofTenant: false) is null
            ? new(setting, stored, "stored")
        : new(setting, setting.Installed, setting.IsInstalled ? "environment" : "default");

    private static void Refuse(SortedDictionary<string, string[]> errors)
    {
        if (errors.Count > 0)
        {
            throw ScimError.Invalid(errors);
        }
    }
}
