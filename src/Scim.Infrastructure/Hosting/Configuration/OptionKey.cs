using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Scim.Application.Settings;

namespace Scim.Infrastructure.Hosting.Configuration;

/// <summary>One configuration key: what the documentation shows of it and what the start checks.</summary>
public sealed class OptionKey
{
    private readonly PropertyInfo _property;
    private readonly object _defaults;
    private readonly SettingAttribute? _setting;
    private readonly Type _type;
    private readonly ValidationAttribute[] _rules;
    private readonly bool _mayBeEmpty;

    internal OptionKey(string section, PropertyInfo property, object defaults)
    {
        (_property, _defaults) = (property, defaults);
        _setting = property.GetCustomAttribute<SettingAttribute>();
        Key = $"{section}:{property.Name}";
        Description = property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";
        Secret = property.IsDefined(typeof(SecretAttribute));
        _type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        _rules = [.. property.GetCustomAttributes<ValidationAttribute>()];
        _mayBeEmpty = property.GetValue(defaults) is null;
        Default = property.GetCustomAttribute<DefaultTextAttribute>()?.Text ?? Print(property.GetValue(defaults));
    }

    /// <summary><c>Section:Name</c>, as in appsettings.json paths.</summary>
    public string Key { get; }

    /// <summary><c>Section__Name</c>.</summary>
    public string EnvironmentName => Key.Replace(":", "__", StringComparison.Ordinal);

    public string Description { get; }

    public string Default { get; }

    public bool Secret { get; }

    public string TypeName =>
        _type.IsEnum ? string.Join(", ", Enum.GetNames(_type).Select(name => $"`{name}`"))
        : _type == typeof(bool) ? "`true`, `false`"
        : _type == typeof(string) ? "text"
        : _type == typeof(double) ? "number"
        : "whole number";

    /// <summary>The rule that the text breaks, or null.</summary>
    public string? Violation(string text)
    {
        if (text.Length == 0 && _mayBeEmpty)
        {
            return null;
        }

        if (!TryConvert(text, out var value))
        {
            return _type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(_type))}"
                : _type == typeof(bool) ? "true or false"
                : _rules.OfType<RangeAttribute>().FirstOrDefault() is { } range ? Describe(range)
                : "a number";
        }

        var broken = _rules.FirstOrDefault(rule => !rule.IsValid(value));
        return broken switch
        {
            null => null,
            RangeAttribute range => Describe(range),
            RequiredAttribute => "not empty",
            _ => broken.FormatErrorMessage(Key),
        };
    }

    /// <summary>What may be changed of it while the service runs; null when nothing may.</summary>
    /// <param name="options">The options as the host was started with them.</param>
    /// <param name="isInstalled">Whether the configuration names the key.</param>
    public Setting? ToSetting(object options, bool isInstalled)
    {
        if (_setting is null)
        {
            return null;
        }

        var range = _rules.OfType<RangeAttribute>().FirstOrDefault();
        return new Setting(
            _setting.Name,
            _setting.IsFeature ? SettingKind.Feature
                : _type == typeof(bool) ? SettingKind.Boolean
                : _type == typeof(double) ? SettingKind.Number
                : SettingKind.Integer,
            Description,
            Bound(range?.Minimum),
            Bound(range?.Maximum),
            _setting.PerTenant,
            JsonSerializer.SerializeToElement(_property.GetValue(_defaults)),
            JsonSerializer.SerializeToElement(_property.GetValue(options)),
            isInstalled
        );
    }

    private static decimal? Bound(object? bound) =>
        bound is null ? null : Convert.ToDecimal(bound, CultureInfo.InvariantCulture);

    private static string Print(object? value) =>
        value switch
        {
            null => "",
            bool flag => flag ? "`true`" : "`false`",
            _ => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`",
        };

    private string Describe(RangeAttribute range) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"a {(_type == typeof(double) ? "number" : "whole number")} from {range.Minimum} to {range.Maximum}"
        );

    private bool TryConvert(string text, out object? value)
    {
        value = text;
        if (_type == typeof(string))
        {
            return true;
        }

        if (_type.IsEnum)
        {
            // Names only: the framework would also take numbers, which mean nothing to an operator.
            return Enum.TryParse(_type, text, ignoreCase: true, out value)
                && Enum.GetNames(_type).Contains(text, StringComparer.OrdinalIgnoreCase);
        }

        try
        {
            value = TypeDescriptor.GetConverter(_type).ConvertFromInvariantString(text);
            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            return false;
        }
    }
}
