using FluentAssertions;
using NUnit.Framework;
using Scim.Load;
using Scim.Load.Reports;
using Scim.TestKit;

namespace Scim.Integration.Tests.Benchmarks;

/// <summary>The benchmark still runs, checks what it measures, and counts what it says it counts. No figure is judged.</summary>
[TestFixtureSource(typeof(Databases))]
internal sealed class BenchmarkTests(DatabaseKind kind)
{
    private string _output = null!;
    private Report _report = null!;

    [OneTimeSetUp]
    public async Task RunIt()
    {
        _output = System.IO.Directory.CreateTempSubdirectory("scim-benchmark-").FullName;
        var options = new LoadOptions
        {
            Databases = [kind],
            Users = [100],
            Members = [50],
            Workloads = ["get", "create", "group"],
            Rounds = 1,
            Seconds = 0.2,
            Connections = 2,
            Output = _output,
        };
        _report = await new Benchmark(options, TestContext.Out).RunAsync();
        await _report.WriteAsync();
    }

    [OneTimeTearDown]
    public void Remove() => System.IO.Directory.Delete(_output, recursive: true);

    [Test]
    public void Both_targets_do_all_the_work_without_a_failure()
    {
        _report.Succeeded.Should().BeTrue();
        _report
            .Results.Select(result => $"{result.Target} {result.Workload}")
            .Should()
            .BeEquivalentTo(
                "floor get",
                "ours get",
                "floor create",
                "ours create",
                "floor delete",
                "ours delete",
                "floor group@50",
                "ours group@50"
            );
        _report
            .Results.Should()
            .OnlyContain(result => result.Requests > 0 && result.P50 > 0 && result.P99 >= result.P50);
    }

    [Test]
    public void Memory_and_allocations_are_read_from_the_process()
    {
        _report.Results.Should().OnlyContain(result => result.ResidentBytes > 0);
        _report.Results.Should().Contain(result => result.AllocatedPerOperation > 0);
        _report.Memory.Should().ContainSingle().Which.PeakBytes.Should().BeGreaterThan(10_000_000);
        _report.Streams.Should().ContainSingle().Which.Members.Should().Be(50);
    }

    [Test]
    public void A_read_by_id_is_one_round_trip()
    {
        var reads = _report.Results.Where(result => result.Workload == "get");

        reads
            .Select(result => result.RoundTrips is { } trips ? Math.Round(trips) : 0)
            .Should()
            .AllBeEquivalentTo(kind == DatabaseKind.PostgreSql ? 1 : 0);
    }

    [Test]
    public void The_report_is_written_for_people_and_for_programs()
    {
        File.ReadAllText(Path.Combine(_output, "report.md")).Should().Contain("| create |").And.Contain("goal");
        File.ReadAllText(Path.Combine(_output, "report.json")).Should().Contain("\"ratio\"");
    }

    [Test]
    public void An_answer_with_another_status_fails_the_run()
    {
        var failed = _report.Results[0] with { Failures = new Dictionary<string, int> { ["GET: 500"] = 1 } };

        new Report(_report.Options) { Results = { failed } }
            .Succeeded.Should()
            .BeFalse();
    }
}
