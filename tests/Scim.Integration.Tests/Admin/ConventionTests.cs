using System.Text.Json;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Infrastructure.Hosting.Telemetry;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "The control plane answers problems of RFC 9457 with every wrong field, and lists in pages")]
[Property("Rfc", "RFC 9457")]
public sealed class ConventionTests(DatabaseKind kind)
{
    private AdminHost _host = null!;
    private AdminClient _admin = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind);
        _admin = await _host.SignInAsync("platform-admin");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task Every_wrong_field_is_named_at_once_and_nothing_is_written()
    {
        var before = (await _admin.GetAsync("/operators?limit=500")).Json.GetProperty("items").GetArrayLength();

        var answer = await _admin.SendAsync(
            "POST",
            "/operators",
            """{"userName":7,"password":"short","roles":["king"],"tenantIds":["x"],"state":"asleep","isActive":true,"colour":"red"}"""
        );

        answer.Status.Should().Be(422);
        answer.Problem().Should().Be("validation");
        answer
            .WrongFields()
            .Should()
            .BeEquivalentTo("userName", "password", "roles", "tenantIds", "state", "isActive", "colour");
        (await _admin.GetAsync("/operators?limit=500")).Json.GetProperty("items").GetArrayLength().Should().Be(before);
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("{")]
    [TestCase("""{"name":"a","name":"b"}""")]
    [TestCase("{\"name\":\"\uD800\"}x")]
    public async Task What_is_no_JSON_object_is_a_malformed_request(string body)
    {
        var answer = await _admin.SendAsync("POST", "/api_keys", body);

        answer.Status.Should().Be(400);
        answer.Problem().Should().Be("malformed-request");
    }

    [Test]
    public async Task A_body_that_is_not_JSON_by_its_type_is_refused()
    {
        var answer = await _admin.SendAsync("POST", "/api_keys", "name=x", ("Content-Type", "text/plain"));

        answer.Status.Should().Be(415);
        answer.Problem().Should().Be("media-type");
    }

    [Test]
    public async Task A_problem_has_a_trace_id_and_the_callers_request_id()
    {
        var answer = await _admin.SendAsync("GET", "/operators/nobody", null, ("X-Request-Id", "mine-7"));

        answer.Status.Should().Be(404);
        answer.Problem().Should().Be("not-found");
        answer.Json.GetProperty("type").GetString().Should().StartWith("urn:scimplatform:problem:");
        answer.Json.GetProperty("requestId").GetString().Should().Be("mine-7");
        answer.Json.GetProperty("traceId").GetString().Should().NotBeNullOrEmpty();
        answer.Header("X-Request-Id").Should().Be("mine-7");
    }

    [TestCase("/operators", 200)]
    [TestCase("/operators/nobody", 404)]
    [TestCase("/nowhere", 404)]
    public async Task No_answer_may_be_stored_framed_or_sniffed(string path, int status)
    {
        var answer = await _admin.GetAsync(path);

        answer.Status.Should().Be(status);
        answer.Header("Cache-Control").Should().Be("no-store");
        answer.Header("X-Content-Type-Options").Should().Be("nosniff");
        answer.Header("X-Frame-Options").Should().Be("DENY");
        answer.Header("Referrer-Policy").Should().Be("no-referrer");
        answer.Header("Content-Security-Policy").Should().Be("default-src 'none'; frame-ancestors 'none'");
    }

    [Test]
    public async Task A_method_that_a_path_does_not_take_is_405_with_a_credential_only()
    {
        using var nobody = _host.Client();

        (await _admin.DeleteAsync("/operators")).Problem().Should().Be("method-not-allowed");
        (await nobody.DeleteAsync("/operators")).Status.Should().Be(401);
        (await nobody.GetAsync("/nowhere")).Status.Should().Be(401);
    }

    [Test]
    public async Task Pages_follow_each_other_and_miss_nobody()
    {
        var made = new HashSet<string>();
        for (var i = 0; i < 3; i++)
        {
            made.Add((await _host.OperatorAsync("auditor")).Id.ToString("D"));
        }

        var seen = new List<string>();
        var next = "/operators?limit=2";
        while (next is not null)
        {
            var page = (await _admin.GetAsync(next).Expecting(200)).Json;
            page.GetProperty("items").GetArrayLength().Should().BeInRange(1, 2);
            seen.AddRange(
                page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)
            );
            next = page.GetProperty("next").GetString()?["/admin/v1".Length..];
        }

        seen.Should().OnlyHaveUniqueItems().And.Contain(made);
        seen.Should().BeInAscendingOrder(StringComparer.Ordinal);
    }

    [TestCase("limit=0", "limit")]
    [TestCase("limit=501", "limit")]
    [TestCase("limit=-1&cursor=x", "limit", "cursor")]
    [TestCase("offset=3", "offset")]
    public async Task A_wrong_parameter_of_a_list_is_named(string query, params string[] fields)
    {
        var answer = await _admin.GetAsync("/operators?" + query);

        answer.Status.Should().Be(422);
        answer.WrongFields().Should().BeEquivalentTo(fields);
    }

    [Test]
    public async Task Requests_and_failures_are_counted_by_route_and_kind()
    {
        await _admin.GetAsync("/operators/0199c0de-0000-7000-8000-00000000dead");

        var metrics = _host.Server.Services.GetRequiredService<PrometheusExporter>().Scrape();

        metrics
            .Should()
            .MatchRegex(
                """scim_admin_failure_total\{[^}]*endpoint="/admin/v1/operators/\{id\}"[^}]*error="not-found"[^}]*\} \d"""
            );
        metrics.Should().MatchRegex("""scim_admin_request_duration_seconds_count\{[^}]*endpoint="/admin/v1/login""");
        metrics.Should().NotContain("dead");
    }
}
