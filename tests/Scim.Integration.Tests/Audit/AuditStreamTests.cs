using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.ApiKeys;
using Scim.Integration.Tests.Admin;
using Scim.TestKit;

namespace Scim.Integration.Tests.Audit;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Crash)]
[Property(
    "Capability",
    "Audit streams: NDJSON to a receiver that fails, is slow, or while workers are killed: nothing is missing"
)]
public sealed class AuditStreamTests(DatabaseKind kind)
{
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Worker:InProcess"] = "true",
        ["Worker:LeaseSeconds"] = "1",
        ["Worker:PollMilliseconds"] = "20",
        ["Worker:RetrySeconds"] = "0.05",
        ["Worker:MaxAttempts"] = "100",
        ["Audit:StreamSeconds"] = "1",
        ["Outbound:AllowedNetworks"] = "127.0.0.0/8",
    };

    private TestDatabase _database = null!;
    private ApiServer _server = null!;
    private Receiver _receiver = null!;
    private TestTenant _tenant = null!;
    private ScimClient _admin = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(kind);
        _server = await ApiServer.StartAsync(
            _database,
            new Dictionary<string, string>(Settings) { ["Worker:InProcess"] = "false" }
        );
        var key = await _server.SendAsync(new CreateApiKey("streams", ["audit:read", "audit:write"], null));
        _admin = new ScimClient(_server.BaseAddress, key.Value, "/admin/v1");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _database.DisposeAsync();
    }

    [SetUp]
    public async Task Create()
    {
        _receiver = await Receiver.StartAsync();
        _tenant = await TestTenant.CreateAsync(_server);
    }

    [TearDown]
    public async Task Leave()
    {
        _tenant.Dispose();
        await _receiver.DisposeAsync();
    }

    [Test]
    public async Task Every_row_arrives_though_the_receiver_fails_and_is_slow_and_workers_are_killed()
    {
        var stream = await AddAsync(_receiver.Url);
        _receiver.Answer = call => call % 3 == 0 ? 503 : 200;
        _receiver.Delay = TimeSpan.FromMilliseconds(40);
        for (var kill = 0; kill < 2; kill++)
        {
            await WriteAsync(60);
            var seen = _receiver.Calls;
            using var worker = await StartWorkerAsync();
            await Eventually.IsTrueAsync(() => Task.FromResult(_receiver.Calls > seen));
            worker.Kill();
            await worker.WaitForExitAsync();
        }

        await WriteAsync(20);
        using (await StartWorkerAsync())
        {
            await Eventually.IsTrueAsync(async () => (await ExpectedAsync()).IsSubsetOf(Ids()));
            // The place is stored after the receiver has answered.
            await Eventually.IsTrueAsync(async () =>
                (await _admin.GetAsync($"/audit/streams/{stream}").Expecting(200))
                    .Json.GetProperty("lastSentAt")
                    .ValueKind == JsonValueKind.String
            );
        }

        _receiver.Authorizations.Should().OnlyContain(value => value == "Bearer of-the-siem");
        // What is sent again is the last batch, or a part of it: no batch begins before the one before it.
        _receiver.Taken.Select(rows => rows[0].GetProperty("sequence").GetInt64()).Should().BeInAscendingOrder();
        var shown = await _admin.GetAsync($"/audit/streams/{stream}").Expecting(200);
        shown.Text.Should().NotContain("of-the-siem");
        shown.Json.GetProperty("hasAuthorization").GetBoolean().Should().BeTrue();
        await _admin.DeleteAsync($"/audit/streams/{stream}").Expecting(204);
    }

    [Test]
    public async Task A_stream_that_fails_is_told_by_readiness_and_metric_and_the_service_goes_on()
    {
        _receiver.Answer = _ => 500;
        var stream = await AddAsync(_receiver.Url);
        await WriteAsync(1);
        using (var worker = await StartWorkerAsync())
        {
            var failing = await Eventually.GetAsync(
                () => _admin.GetAsync($"/audit/streams/{stream}"),
                answer => answer.Json.GetProperty("failure").ValueKind == JsonValueKind.String
            );
            failing.Json.GetProperty("failure").GetString().Should().Be("The receiver answered 500.");
            using var http = new HttpClient { BaseAddress = worker.BaseAddress };
            var ready = await Eventually.GetAsync(
                () => http.GetStringAsync("/ready"),
                text => text.Contains("degraded", StringComparison.Ordinal)
            );
            JsonElement.Parse(ready).GetProperty("status").GetString().Should().Be("ok");
            (await http.GetStringAsync("/metrics"))
                .Should()
                .Contain("scim_audit_stream_lag_seconds{stream=\"" + stream);
        }

        await _admin.DeleteAsync($"/audit/streams/{stream}").Expecting(204);
    }

    [Test]
    public async Task A_stream_is_changed_under_its_version_and_its_tenant_stays()
    {
        var stream = await AddAsync(_receiver.Url);
        var body = Body(_receiver.Url);
        body["name"] = "renamed";
        body["state"] = "paused";
        body.Remove("authorization");

        (await _admin.PutAsync($"/audit/streams/{stream}", body, ("If-Match", "W/\"7\""))).Status.Should().Be(412);
        var changed = await _admin.PutAsync($"/audit/streams/{stream}", body, ("If-Match", "W/\"1\"")).Expecting(200);

        changed.Header("ETag").Should().Be("W/\"2\"");
        changed.Json.GetProperty("state").GetString().Should().Be("paused");
        changed.Json.GetProperty("hasAuthorization").GetBoolean().Should().BeTrue();
        body["tenantId"] = null;
        (await _admin.PutAsync($"/audit/streams/{stream}", body)).Status.Should().Be(422);
        (await _admin.PostAsync("/audit/streams", new JsonObject { ["url"] = "ftp://x", ["colour"] = 1 }))
            .Json.GetProperty("errors")
            .EnumerateObject()
            .Select(error => error.Name)
            .Should()
            .BeEquivalentTo("name", "url", "colour");
        body["tenantId"] = Guid.NewGuid().ToString("D");
        (await _admin.PostAsync("/audit/streams", body)).Status.Should().Be(422);
        (await _admin.DeleteAsync($"/audit/streams/{stream}", ("If-Match", "W/\"1\""))).Status.Should().Be(412);
        await _admin.DeleteAsync($"/audit/streams/{stream}").Expecting(204);
        (await _admin.GetAsync($"/audit/streams/{stream}")).Status.Should().Be(404);
        (await _admin.GetAsync($"/audit?tenantId={_tenant.TenantId}&resourceId={stream}").Expecting(200))
            .Json.GetProperty("items")
            .EnumerateArray()
            .Select(row => row.GetProperty("operation").GetString())
            .Should()
            .Equal("audit_stream.delete", "audit_stream.update", "audit_stream.create");
    }

    // Splunk takes its key in the header; Sumo Logic has it in the path, Datadog in the query.
    [Test]
    public async Task Where_the_key_is_in_the_URL_it_arrives_and_is_not_shown()
    {
        var origin = new Uri(_receiver.Url).GetLeftPart(UriPartial.Authority);
        var created = await _admin.PostAsync("/audit/streams", Body(_receiver.Url + "?key=of-the-siem")).Expecting(201);
        var shown = JsonNode.Parse((await _admin.GetAsync($"/audit/streams/{created.Id}").Expecting(200)).Text)!;
        created.Json.GetProperty("url").GetString().Should().Be($"{origin}/***").And.Be((string?)shown["url"]);

        // As it is shown, it stays.
        var body = Body($"{origin}/***");
        body["name"] = "renamed";
        var changed = await _admin.PutAsync($"/audit/streams/{created.Id}", body).Expecting(200);
        await WriteAsync(1);
        using (await StartWorkerAsync())
        {
            await Eventually.IsTrueAsync(async () => (await ExpectedAsync()).IsSubsetOf(Ids()));
        }

        changed.Json.GetProperty("url").GetString().Should().Be($"{origin}/***");
        _receiver.Queries.Should().NotBeEmpty().And.OnlyContain(query => query == "?key=of-the-siem");
        foreach (var other in new[] { "https://siem.example/***", $"{origin}/***?x=1" })
        {
            var refused = await _admin.PutAsync($"/audit/streams/{created.Id}", Body(other));
            refused.Status.Should().Be(422);
            refused.Json.GetProperty("errors").EnumerateObject().Single().Name.Should().Be("url");
        }

        (await _admin.PostAsync("/audit/streams", Body("https://siem.example/***"))).Status.Should().Be(422);
        var elsewhere = Body("https://siem.example");
        elsewhere.Remove("authorization");
        (await _admin.PutAsync($"/audit/streams/{created.Id}", elsewhere))
            .WrongFields()
            .Should()
            .Equal("authorization");
        (await _admin.PutAsync($"/audit/streams/{created.Id}", Body("https://siem.example")).Expecting(200))
            .Json.GetProperty("url")
            .GetString()
            .Should()
            .Be("https://siem.example");
        await _admin.DeleteAsync($"/audit/streams/{created.Id}").Expecting(204);
    }

    private HashSet<string> Ids() =>
        [.. _receiver.Taken.SelectMany(rows => rows).Select(row => row.GetProperty("id").GetString()!)];

    private Task<ApiProcess> StartWorkerAsync() =>
        ApiProcess.StartAsync(
            _database,
            Settings,
            kind == DatabaseKind.PostgreSql ? Repository.Built("Scim.Worker", "Scim.Worker.dll") : null
        );

    private async Task<string> AddAsync(string url) =>
        (await _admin.PostAsync("/audit/streams", Body(url)).Expecting(201)).Id;

    private JsonObject Body(string url) =>
        new()
        {
            ["name"] = "siem",
            ["url"] = url,
            ["tenantId"] = _tenant.TenantId,
            ["authorization"] = "Bearer of-the-siem",
        };

    private async Task WriteAsync(int users)
    {
        for (var i = 0; i < users; i++)
        {
            await _tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);
        }
    }

    /// <summary>The ids of all users' rows.</summary>
    private async Task<HashSet<string>> ExpectedAsync()
    {
        var list = await _admin
            .GetAsync($"/audit?tenantId={_tenant.TenantId}&operation=user.create&limit=500")
            .Expecting(200);
        return [.. list.Json.GetProperty("items").EnumerateArray().Select(row => row.GetProperty("id").GetString()!)];
    }
}
