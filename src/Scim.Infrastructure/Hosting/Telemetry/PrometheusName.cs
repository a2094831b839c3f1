using System.Text;

namespace Scim.Infrastructure.Hosting.Telemetry;

/// <summary>Instrument names and units as Prometheus writes them (OpenTelemetry's compatibility specification).</summary>
internal static class PrometheusName
{
    public static string Of(string instrument, string unit, bool counter)
    {
        var name = Sanitise(instrument, colons: true);
        var suffix = UnitSuffix(unit, counter);
        if (counter && name.EndsWith("_total", StringComparison.Ordinal))
        {
            name = name[..^"_total".Length];
        }

        if (suffix.Length > 0 && !name.EndsWith("_" + suffix, StringComparison.Ordinal))
        {
            name = $"{name}_{suffix}";
        }

        return counter ? name + "_total" : name;
    }

    public static string Label(string tag) => Sanitise(tag, colons: false);

    private static string UnitSuffix(string unit, bool counter) =>
        unit switch
        {
            "s" => "seconds",
            "ms" => "milliseconds",
            "us" => "microseconds",
            "ns" => "nanoseconds",
            "min" => "minutes",
            "h" => "hours",
            "By" => "bytes",
            "KiBy" => "kibibytes",
            "MiBy" => "mebibytes",
            "%" => "percent",
            "1" => counter ? "" : "ratio",
            _ => "", // annotations such as {request} name what is counted, not a unit
        };

    private static string Sanitise(string text, bool colons)
    {
        var name = new StringBuilder(text.Length + 1);
        foreach (var character in text)
        {
            var allowed = char.IsAsciiLetterOrDigit(character) || (colons && character == ':');
            if (allowed)
            {
                name.Append(character);
            }
            else if (name.Length == 0 || name[^1] != '_')
            {
                name.Append('_');
            }
        }

        return name.Length == 0 || char.IsAsciiDigit(name[0]) ? $"_{name}" : name.ToString();
    }
}
