using System.Diagnostics.Metrics;
using FluentAssertions;
using NUnit.Framework;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Scim.Infrastructure.Hosting.Telemetry;

namespace Scim.Integration.Tests.Hosting;

[Property("Capability", "Prometheus metrics, OpenTelemetry traces, structured logs")]
public sealed class PrometheusTests
{
    [TestCase("scim.request.duration", "s", false, "scim_request_duration_seconds")]
    [TestCase("scim_auth_failure_total", "", true, "scim_auth_failure_total")]
    [TestCase("scim.rate_limited", "{request}", true, "scim_rate_limited_total")]
    [TestCase("dotnet.process.memory.working_set", "By", false, "dotnet_process_memory_working_set_bytes")]
    [TestCase("dotnet.process.cpu.time", "s", true, "dotnet_process_cpu_time_seconds_total")]
    [TestCase("db.client.connection.count", "{connection}", false, "db_client_connection_count")]
    [TestCase("already_seconds", "s", false, "already_seconds")]
    [TestCase("utilisation", "1", false, "utilisation_ratio")]
    [TestCase("9 lives", "", false, "_9_lives")]
    public void Names_follow_the_conventions(string instrument, string unit, bool counter, string name)
    {
        PrometheusName.Of(instrument, unit, counter).Should().Be(name);
    }

    [Test]
    public void Counters_gauges_and_histograms_are_written_family_by_family()
    {
        var text = Scrape(meter =>
        {
            var counter = meter.CreateCounter<long>("b.requests", "{request}", "Requests\nby \\ kind.");
            counter.Add(2, KeyValuePair.Create<string, object?>("kind", "a \"b\"\n\\c"));
            counter.Add(1, KeyValuePair.Create<string, object?>("kind", null));
            meter.CreateUpDownCounter<double>("c.open").Add(-1.5);
            meter.CreateGauge<double>("d.share", "1").Record(double.PositiveInfinity);
            var histogram = meter.CreateHistogram(
                "a.duration",
                "s",
                "Durations.",
                tags: null,
                new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] }
            );
            histogram.Record(0.05);
            histogram.Record(0.5);
            histogram.Record(5);
        });

        text.Should()
            .Be(
                """
                # HELP a_duration_seconds Durations.
                # TYPE a_duration_seconds histogram
                a_duration_seconds_bucket{le="0.1"} 1
                a_duration_seconds_bucket{le="1"} 2
                a_duration_seconds_bucket{le="+Inf"} 3
                a_duration_seconds_sum 5.55
                a_duration_seconds_count 3
                # HELP b_requests_total Requests\nby \\ kind.
                # TYPE b_requests_total counter
                b_requests_total{kind="a \"b\"\n\\c"} 2
                b_requests_total{kind=""} 1
                # TYPE c_open gauge
                c_open -1.5
                # TYPE d_share_ratio gauge
                d_share_ratio +Inf

                """
            );
    }

    [Test]
    public void Names_that_collapse_into_one_are_one_family_without_duplicates()
    {
        var text = Scrape(meter =>
        {
            meter.CreateCounter<long>("x.y").Add(1);
            meter.CreateCounter<long>("x_y").Add(1);
            meter.CreateGauge<long>("x_y_total").Record(7);
        });

        text.Should().Be("# TYPE x_y_total counter\nx_y_total 1\n");
    }

    [Test]
    public void Labels_that_collapse_into_one_appear_once()
    {
        var text = Scrape(meter =>
            meter
                .CreateCounter<long>("n")
                .Add(
                    1,
                    KeyValuePair.Create<string, object?>("a.b", "1"),
                    KeyValuePair.Create<string, object?>("a_b", true)
                )
        );

        text.Should().Be("# TYPE n_total counter\nn_total{a_b=\"1;true\"} 1\n");
    }

    private static string Scrape(Action<Meter> measure)
    {
        using var meter = new Meter("test" + Guid.NewGuid());
        using var exporter = new PrometheusExporter();
        using var provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(meter.Name)
            .AddReader(new BaseExportingMetricReader(exporter))
            .Build();
        measure(meter);
        return exporter.Scrape();
    }
}
