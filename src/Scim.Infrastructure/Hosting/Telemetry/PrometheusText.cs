using System.Globalization;
using System.Text;
using OpenTelemetry.Metrics;

namespace Scim.Infrastructure.Hosting.Telemetry;

/// <summary>Prometheus text format 0.0.4: each family once, its series together, cumulative buckets.</summary>
internal sealed class PrometheusText
{
    private readonly Dictionary<string, Family> _families = new(StringComparer.Ordinal);

    public void Add(Metric metric)
    {
        var kind = KindOf(metric.MetricType);
        if (kind is null)
        {
            return;
        }

        var name = PrometheusName.Of(metric.Name, metric.Unit, kind == "counter");
        if (!_families.TryGetValue(name, out var family))
        {
            _families[name] = family = new Family(kind, metric.Description);
        }

        // Two instruments whose names collapse into one, of different kinds: the first one keeps the name.
        if (family.Kind != kind)
        {
            return;
        }

        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var labels = Labels(point.Tags);
            if (family.Seen.Add(labels))
            {
                Append(family.Series, name, labels, metric.MetricType, point);
            }
        }
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, family) in _families.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (family.Series.Length == 0)
            {
                continue;
            }

            if (!string.IsNullOrEmpty(family.Help))
            {
                text.Append("# HELP ").Append(name).Append(' ').Append(Escape(family.Help)).Append('\n');
            }

            text.Append("# TYPE ").Append(name).Append(' ').Append(family.Kind).Append('\n').Append(family.Series);
        }

        return text.ToString();
    }

    private static string? KindOf(MetricType type) =>
        type switch
        {
            MetricType.LongSum or MetricType.DoubleSum => "counter",
            MetricType.LongSumNonMonotonic or MetricType.DoubleSumNonMonotonic => "gauge",
            MetricType.LongGauge or MetricType.DoubleGauge => "gauge",
            MetricType.Histogram => "histogram",
            _ => null,
        };

    private static void Append(StringBuilder series, string name, string labels, MetricType type, MetricPoint point)
    {
        switch (type)
        {
            case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                Line(series, name, labels, Number(point.GetSumLong()));
                break;
            case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                Line(series, name, labels, Number(point.GetSumDouble()));
                break;
            case MetricType.LongGauge:
                Line(series, name, labels, Number(point.GetGaugeLastValueLong()));
                break;
            case MetricType.DoubleGauge:
                Line(series, name, labels, Number(point.GetGaugeLastValueDouble()));
                break;
            default:
                Histogram(series, name, labels, point);
                break;
        }
    }

    private static void Histogram(StringBuilder series, string name, string labels, MetricPoint point)
    {
        var cumulative = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            var bound = $"le=\"{Number(bucket.ExplicitBound)}\"";
            Line(series, name + "_bucket", labels.Length == 0 ? bound : $"{labels},{bound}", Number(cumulative));
        }

        Line(series, name + "_sum", labels, Number(point.GetHistogramSum()));
        // The total of the buckets, not the point's own count: a scrape must not show one that contradicts the other.
        Line(series, name + "_count", labels, Number(cumulative));
    }

    private static void Line(StringBuilder series, string name, string labels, string value)
    {
        series.Append(name);
        if (labels.Length > 0)
        {
            series.Append('{').Append(labels).Append('}');
        }

        series.Append(' ').Append(value).Append('\n');
    }

    private static string Labels(OpenTelemetry.ReadOnlyTagCollection tags)
    {
        if (tags.Count == 0)
        {
            return "";
        }

        // Tags whose names collapse into one label share it: a label may appear only once.
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            var label = PrometheusName.Label(key);
            var text = Text(value);
            labels[label] = labels.TryGetValue(label, out var other) ? $"{other};{text}" : text;
        }

        return string.Join(
            ',',
            labels.Select(label =>
                $"{label.Key}=\"{Escape(label.Value).Replace("\"", "\\\"", StringComparison.Ordinal)}\""
            )
        );
    }

    private static string Text(object? value) =>
        value switch
        {
            null => "",
            bool flag => flag ? "true" : "false",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private sealed class Family(string kind, string help)
    {
        public string Kind { get; } = kind;

        public string Help { get; } = help;

        public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

        public StringBuilder Series { get; } = new();
    }
}
