using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Scim.Infrastructure.Hosting.Telemetry;

/// <summary>
/// Pull exporter behind <c>/metrics</c>. Stands in for OpenTelemetry.Exporter.Prometheus, which the package source of
/// this build does not carry.
/// </summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    private readonly Lock _scrape = new();
    private string _text = "";

    public Func<int, bool>? Collect { get; set; }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var text = new PrometheusText();
        foreach (var metric in batch)
        {
            text.Add(metric);
        }

        _text = text.ToString();
        return ExportResult.Success;
    }

    /// <summary>Collects now and returns the text; one scrape at a time, because collecting is.</summary>
    public string Scrape()
    {
        lock (_scrape)
        {
            _text = "";
            Collect?.Invoke(5000);
            return _text;
        }
    }
}
