using System.Globalization;
using System.Text.RegularExpressions;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Observability;

[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "Requests, refused credentials and rate limits are measured; each client has a rate of its own"
)]
public sealed class MetricsAndLimitsTests(DatabaseKind database)
{
    private TestDatabase _database = null!;
    private ApiProcess _server = null!;

    // A process of its own: the servers of one process measure each other's requests.
    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(database);
        _server = await ApiProcess.StartAsync(
            _database,
            new Dictionary<string, string> { ["Limits:RequestsPerSecond"] = "5", ["Limits:Burst"] = "5" }
        );
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _server?.Dispose();
        await _database.DisposeAsync();
    }

    [Test]
    [Property("Rfc", "RFC 7644 §3.12")]
    public async Task A_client_over_its_rate_is_told_when_to_come_again_and_others_are_not_slowed()
    {
        using var busy = await TestTenant.CreateAsync(_server);
        using var calm = await TestTenant.CreateAsync(_server);

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => busy.Client.GetAsync("/Users?count=0")));
        var other = await calm.Client.GetAsync("/Users?count=0");

        other.Status.Should().Be(200);
        answers.Count(answer => answer.Status == 200).Should().BeInRange(5, 20);
        var limited = answers.Where(answer => answer.Status == 429).ToList();
        limited.Should().NotBeEmpty();
        foreach (var answer in limited)
        {
            int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture).Should().BeInRange(1, 5);
            answer.Json.GetProperty("status").GetString().Should().Be("429");
        }

        await Task.Delay(TimeSpan.FromSeconds(1.2));
        (await busy.Client.GetAsync("/Users?count=0")).Status.Should().Be(200);
        var metrics = await MetricsAsync();
        Value(metrics, $"scim_rate_limited_total{{tenant=\"{busy.Slug}\"}}").Should().Be(limited.Count);
        metrics.Should().NotContain($"scim_rate_limited_total{{tenant=\"{calm.Slug}\"}}");
    }

    [Test]
    public async Task Requests_are_measured_by_method_resource_type_and_status_class()
    {
        using var tenant = await TestTenant.CreateAsync(_server);
        using var anonymous = new ScimClient(_server.BaseAddress, null);
        var before = await MetricsAsync();
        (await tenant.Client.PostAsync("/Users", Some.User())).Status.Should().Be(201);
        (await tenant.Client.PostAsync("/Users", "{}")).Status.Should().Be(400);
        (await tenant.Client.GetAsync("/Groups")).Status.Should().Be(200);
        (await anonymous.GetAsync("/Users")).Status.Should().Be(401);
        (await anonymous.GetAsync("/Users", ("Authorization", "Bearer scim_x"))).Status.Should().Be(401);

        var after = await MetricsAsync();

        const string Count = "scim_request_duration_seconds_count";
        Grown($"{Count}{{method=\"POST\",resource_type=\"User\",status=\"2xx\"}}").Should().Be(1);
        Grown($"{Count}{{method=\"POST\",resource_type=\"User\",status=\"4xx\"}}").Should().Be(1);
        Grown($"{Count}{{method=\"GET\",resource_type=\"Group\",status=\"2xx\"}}").Should().Be(1);
        Grown($"{Count}{{method=\"GET\",resource_type=\"User\",status=\"4xx\"}}").Should().Be(2);
        after.Should().Contain("scim_request_duration_seconds_bucket{").And.Contain("le=\"+Inf\"");
        Grown("scim_auth_failure_total{reason=\"missing\",tenant=\"\"}").Should().Be(1);
        Grown("scim_auth_failure_total{reason=\"malformed\",tenant=\"\"}").Should().Be(1);

        double Grown(string series) => Value(after, series) - Value(before, series);
    }

    [Test]
    public async Task No_label_holds_a_connection_string()
    {
        using var tenant = await TestTenant.CreateAsync(_server);
        (await tenant.Client.GetAsync("/Users")).Status.Should().Be(200);

        var metrics = await MetricsAsync();

        metrics.Should().NotContainEquivalentOf("Host=").And.NotContainEquivalentOf("Password");
        if (database == DatabaseKind.PostgreSql)
        {
            metrics.Should().Contain("=\"scim_app\"").And.Contain("=\"scim_control\"");
        }
    }

    private async Task<string> MetricsAsync()
    {
        using var http = new HttpClient { BaseAddress = _server.BaseAddress };
        return await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
    }

    private static double Value(string metrics, string series)
    {
        var match = Regex.Match(metrics, $"^{Regex.Escape(series)} (\\S+)$", RegexOptions.Multiline);
        return match.Success ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }
}
