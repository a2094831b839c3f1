using System.Globalization;
using System.Text.Json;
using Scim.Domain.Tenants;

namespace Scim.Application.Settings;

public enum SettingKind
{
    Integer,
    Number,
    Boolean,

    /// <summary>True, false, or for some tenants only (<see cref="Rollout"/>).</summary>
    Feature,
}

/// <summary>A value that operators may change while the service runs.</summary>
/// <param name="PerTenant">Whether a tenant may have a value of its own.</param>
/// <param name="Installed">What the environment or appsettings say; else the default.</param>
/// <param name="IsInstalled">Whether they say anything.</param>
public sealed record Setting(
    string Name,
    SettingKind Kind,
    string Description,
    decimal? Minimum,
    decimal? Maximum,
    bool PerTenant,
    JsonElement Default,
    JsonElement Installed,
    bool IsInstalled
)
{
    /// <summary>What the value would have to be; null when it is that.</summary>
    public string? Violation(JsonElement value, bool ofTenant)
    {
        if (ofTenant && !PerTenant)
        {
            return "is a setting of the installation; a tenant has none of its own";
        }

        return Kind switch
        {
            SettingKind.Boolean => IsBoolean(value) ? null : "must be true or false",
            SettingKind.Feature when ofTenant => IsBoolean(value) ? null : "must be true or false for one tenant",
            SettingKind.Feature => Rollout.Read(Name, value) is not null
                ? null
                : "must be true, false, or an object of enabled (true or false), percent (0 to 100) and tenants (at most 1000 ids)",
            _ => IsWithinBounds(value)
                ? null
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"must be a {(Kind == SettingKind.Integer ? "whole number" : "number")} from {Minimum} to {Maximum}"
                ),
        };
    }

    private static bool IsBoolean(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False;

    private bool IsWithinBounds(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number
        && (Kind == SettingKind.Number || value.TryGetInt64(out _))
        && value.TryGetDecimal(out var number)
        && number >= Minimum
        && number <= Maximum;
}

/// <summary>A setting's value and whose it is: <c>tenant</c>, <c>stored</c>, <c>environment</c> or <c>default</c>.</summary>
public sealed record ResolvedSetting(Setting Setting, JsonElement Value, string Source);

/// <summary>What operators stored: a tenant's own values, or those of the installation. Version 1 is before any change.</summary>
public sealed record StoredSettings(long Version, IReadOnlyDictionary<string, JsonElement> Values)
{
    public static readonly StoredSettings None = new(1, new Dictionary<string, JsonElement>());

    public static StoredSettings Read(long version, string json) =>
        new(version, JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!);

    public string ToJson() =>
        JsonSerializer.Serialize(new SortedDictionary<string, JsonElement>(ToDictionary(), StringComparer.Ordinal));

    /// <summary>The same with what a request names: null takes a value away.</summary>
    public StoredSettings With(IReadOnlyDictionary<string, JsonElement> changes)
    {
        var values = ToDictionary();
        foreach (var (name, value) in changes)
        {
            if (value.ValueKind == JsonValueKind.Null)
            {
                values.Remove(name);
            }
            else
            {
                values[name] = value;
            }
        }

        return new StoredSettings(Version + 1, values);
    }

    public bool HasSameValues(StoredSettings other) =>
        Values.Count == other.Values.Count
        && Values.All(pair => other.Values.TryGetValue(pair.Key, out var value) && IsSame(pair.Value, value));

    public static bool IsSame(JsonElement? left, JsonElement? right) =>
        left is { } one && right is { } another ? JsonElement.DeepEquals(one, another) : left is null && right is null;

    private Dictionary<string, JsonElement> ToDictionary() => new(Values, StringComparer.Ordinal);
}
