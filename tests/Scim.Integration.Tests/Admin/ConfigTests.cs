using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.Jobs;
using Scim.Application.Settings;
using Scim.Domain.Jobs;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[NonParallelizable]
[Property("Capability", "Settings changed at run time: typed, versioned, journalled, effective on every replica")]
public sealed class ConfigTests(DatabaseKind kind)
{
    private static readonly string[] BulkMessage = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];

    private AdminHost _host = null!;
    private ApiServer _replica = null!;
    private AdminClient _admin = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind, new Dictionary<string, string> { ["Session:LeaseSeconds"] = "3600" });
        _replica = await _host.AddReplicaAsync();
        _admin = await _host.SignInAsync("platform-admin");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        await _host.DisposeAsync();
    }

    [TearDown]
    public async Task Reset() => await _admin.PostAsync("/config/versions/1/restore").Expecting(200);

    [Test]
    public async Task Each_value_comes_with_its_source()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);

        await PutAsync(new() { ["limits.maxPageSize"] = 200, ["limits.maxBulkOperations"] = 30 });
        await PutAsync(new() { ["limits.maxBulkOperations"] = 20 }, tenant);

        var all = await _admin.GetAsync("/config").Expecting(200);
        Setting(all, "limits.maxPageSize").Should().Be((200, "stored"));
        Setting(all, "limits.maxBulkOperations").Should().Be((30, "stored"));
        Setting(all, "session.leaseSeconds").Should().Be((3600, "environment"));
        Setting(all, "worker.leaseSeconds").Should().Be((60, "default"));
        var own = await _admin.GetAsync($"/config?tenantId={tenant.TenantId}").Expecting(200);
        Setting(own, "limits.maxBulkOperations").Should().Be((20, "tenant"));
        Setting(own, "limits.maxPageSize").Should().Be((200, "stored"));
        Setting(own, "rateLimit.requestsPerSecond").Should().Be((0, "environment"));
        own.Json.GetProperty("version").GetInt64().Should().Be(2);
    }

    [Test]
    public async Task Every_setting_is_described_with_its_bounds_and_keeps_its_own_rules()
    {
        var answer = await _admin.GetAsync("/config?describe=true").Expecting(200);

        var descriptions = answer.Json.GetProperty("descriptions").EnumerateObject().ToList();
        var names = answer.Json.GetProperty("settings").EnumerateObject().Select(setting => setting.Name).ToList();
        descriptions.Select(description => description.Name).Should().Equal(names);
        descriptions.Should().OnlyContain(one => one.Value.GetProperty("description").GetString()!.Length > 0);
        var lease = answer.Json.GetProperty("descriptions").GetProperty("session.leaseSeconds");
        lease.GetProperty("type").GetString().Should().Be("integer");
        lease.GetProperty("minimum").GetInt32().Should().Be(60);
        lease.GetProperty("maximum").GetInt32().Should().Be(3600);
        lease.GetProperty("default").GetInt32().Should().Be(900);
        lease.GetProperty("perTenant").GetBoolean().Should().BeFalse();
        var documented = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "admin-api.md"));
        names.Should().OnlyContain(name => documented.Contains($"`{name}`", StringComparison.Ordinal));
        // As they are, the values can be stored.
        var body = JsonNode.Parse(answer.Json.GetProperty("settings").GetRawText())!.AsObject();
        await PutAsync(body);
    }

    [Test]
    public async Task Everything_that_is_wrong_is_told_at_once_before_the_version_and_nothing_is_stored()
    {
        var before = await _admin.GetAsync("/config").Expecting(200);
        var body = Body(
            new()
            {
                ["rateLimit.requestsPerSecond"] = -1,
                ["worker.pollInterval"] = "1000",
                ["session.leaseSeconds"] = 3601,
                ["worker.leaseSeconds"] = 1.5,
                ["features.bulk"] = new JsonObject { ["percent"] = 200 },
                ["groups.uniqueDisplayName"] = 1,
                ["no.such"] = true,
                ["limits.maxPageSize"] = 50,
            }
        );

        var answer = await _admin.PutAsync("/config", body, ("If-Match", "999"));

        answer.Status.Should().Be(422);
        answer
            .WrongFields()
            .Should()
            .BeEquivalentTo(
                "rateLimit.requestsPerSecond",
                "worker.pollInterval",
                "session.leaseSeconds",
                "worker.leaseSeconds",
                "features.bulk",
                "groups.uniqueDisplayName",
                "no.such"
            );
        (await _admin.GetAsync("/config")).Text.Should().Be(before.Text);
    }

    [Test]
    public async Task Values_that_do_not_go_together_are_refused()
    {
        var answer = await _admin.PutAsync("/config", Body(new() { ["limits.maxPageSize"] = 50 }), ("If-Match", "999"));

        answer.Status.Should().Be(422);
        answer.WrongFields().Should().Equal("limits.defaultPageSize");
    }

    [Test]
    public async Task A_request_is_one_object_of_settings()
    {
        (await _admin.PutAsync("/config", new JsonObject(), ("If-Match", "*")))
            .WrongFields()
            .Should()
            .Equal("settings");
        (await _admin.PutAsync("/config", new JsonObject { ["settings"] = 1, ["x"] = 1 }, ("If-Match", "*")))
            .WrongFields()
            .Should()
            .BeEquivalentTo("settings", "x");
        (await _admin.GetAsync("/config?tenant=x")).WrongFields().Should().Equal("tenant");
        (await _admin.GetAsync($"/config?tenantId={Guid.NewGuid()}")).Problem().Should().Be("not-found");
        (await _admin.GetAsync("/config?tenantId=x")).Problem().Should().Be("not-found");
        (await _admin.GetAsync($"/config?tenantId={Guid.Empty}")).Problem().Should().Be("not-found");
        (await _admin.GetAsync("/config/versions/999")).Problem().Should().Be("not-found");
    }

    [Test]
    public async Task A_change_names_the_version_that_it_changes()
    {
        var version = (await _admin.GetAsync("/config").Expecting(200)).Json.GetProperty("version").GetInt64();

        var none = await _admin.PutAsync("/config", Body(new() { ["worker.maxAttempts"] = 3 }));
        var bare = await Put($"{version}", 3);
        var quoted = await Put($"\"{version + 1}\"", 4);
        var weak = await Put($"W/\"{version + 2}\"", 5);
        var old = await Put($"{version}", 6);

        none.Status.Should().Be(428);
        none.Problem().Should().Be("precondition-required");
        new[] { bare, quoted, weak }.Should().OnlyContain(answer => answer.Status == 200);
        weak.Header("ETag").Should().Be($"W/\"{version + 3}\"");
        old.Status.Should().Be(412);
        old.Problem().Should().Be("version-mismatch");
        old.Json.GetProperty("currentVersion").GetInt64().Should().Be(version + 3);
        Setting(await _admin.GetAsync("/config"), "worker.maxAttempts").Should().Be((5, "stored"));

        Task<ScimResponse> Put(string ifMatch, int value) =>
            _admin.PutAsync("/config", Body(new() { ["worker.maxAttempts"] = value }), ("If-Match", ifMatch));
    }

    [Test]
    public async Task Of_changes_over_the_same_version_one_is_made_and_each_that_is_made_is_journalled()
    {
        var journalled = await CountAsync();
        var version = (await _admin.GetAsync("/config").Expecting(200)).Json.GetProperty("version").GetInt64();

        var answers = await Task.WhenAll(
            Enumerable
                .Range(1, 8)
                .Select(i =>
                    _admin.PutAsync("/config", Body(new() { ["worker.maxAttempts"] = i }), ("If-Match", $"{version}"))
                )
        );

        answers.Count(answer => answer.Status == 200).Should().Be(1);
        answers.Count(answer => answer.Status == 412).Should().Be(7);
        (await CountAsync()).Should().Be(journalled + 1);
        // A change that changes nothing is none.
        var same = answers.Single(answer => answer.Status == 200).Json.GetProperty("settings");
        var again = await PutAsync(
            new() { ["worker.maxAttempts"] = same.GetProperty("worker.maxAttempts").GetInt32() }
        );
        again.Json.GetProperty("version").GetInt64().Should().Be(version + 1);
        (await CountAsync()).Should().Be(journalled + 1);

        async Task<int> CountAsync() =>
            (await _host.JournalAsync()).Count(row => row is { Operation: "config.update", Outcome: "success" });
    }

    [Test]
    public async Task Versions_are_kept_compared_and_restored()
    {
        var first = await PutAsync(new() { ["worker.maxAttempts"] = 3, ["limits.maxFilterDepth"] = 9 });
        var second = await PutAsync(new() { ["worker.maxAttempts"] = 4, ["limits.maxFilterDepth"] = null });
        var (one, two) = (Version(first), Version(second));

        var diff = await _admin.GetAsync($"/config/versions/{two}").Expecting(200);
        var restored = await _admin.PostAsync($"/config/versions/{one}/restore").Expecting(200);
        var against = await _admin.GetAsync($"/config/versions/{two + 1}?against={one}").Expecting(200);
        var page = await _admin.GetAsync("/config/versions?limit=1").Expecting(200);
        var next = page.Json.GetProperty("next").GetString()!;
        var following = await _admin.GetAsync(next["/admin/v1".Length..]).Expecting(200);

        diff.Json.GetProperty("against").GetInt64().Should().Be(one);
        diff.Json.GetProperty("changes")
            .EnumerateArray()
            .Select(change => change.GetRawText())
            .Should()
            .Equal(
                """{"name":"limits.maxFilterDepth","before":9,"after":null}""",
                """{"name":"worker.maxAttempts","before":3,"after":4}"""
            );
        Version(restored).Should().Be(two + 1);
        Setting(restored, "worker.maxAttempts").Should().Be((3, "stored"));
        Setting(restored, "limits.maxFilterDepth").Should().Be((9, "stored"));
        against.Json.GetProperty("changes").GetArrayLength().Should().Be(0);
        against.Json.GetProperty("restoredFrom").GetInt64().Should().Be(one);
        page.Json.GetProperty("items")[0].GetProperty("version").GetInt64().Should().Be(two + 1);
        following.Json.GetProperty("items")[0].GetProperty("version").GetInt64().Should().Be(two);
        var stale = await _admin.SendAsync("POST", $"/config/versions/{one}/restore", null, ("If-Match", $"{one}"));
        stale.Status.Should().Be(412);
    }

    [Test]
    public async Task The_journal_tells_before_and_after()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        await PutAsync(new() { ["retention.changeDays"] = 30 }, tenant);
        await PutAsync(new() { ["retention.changeDays"] = 60 }, tenant);

        var rows = await _host.SendAsync(new Application.Audit.TailJournal(tenant.Slug));

        var row = rows[^1];
        row.Operation.Should().Be("config.update");
        row.Actor.Should().StartWith("operator:");
        row.Detail.Should()
            .Be(
                """{"version":3,"restoredFrom":null,"before":{"retention.changeDays":30},"after":{"retention.changeDays":60}}"""
            );
    }

    [Test]
    public async Task A_rate_limit_holds_on_every_replica_without_a_restart()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        using var there = new ScimClient(_replica.BaseAddress, tenant.Token);
        (await BurstAsync(there)).Should().OnlyContain(status => status == 200);

        await PutAsync(new() { ["rateLimit.requestsPerSecond"] = 1, ["rateLimit.burst"] = 4 }, tenant);

        // At once where it was made, within the poll elsewhere.
        (await BurstAsync(tenant.Client))
            .Should()
            .Contain(429);
        await Eventually.IsTrueAsync(async () => (await there.GetAsync("/Users")).Status == 429);
        using var other = await TestTenant.CreateAsync(_host.Server);
        (await BurstAsync(other.Client)).Should().OnlyContain(status => status == 200);
        await PutAsync(new() { ["rateLimit.requestsPerSecond"] = null, ["rateLimit.burst"] = null }, tenant);
        (await BurstAsync(tenant.Client)).Should().OnlyContain(status => status == 200);
        await Eventually.IsTrueAsync(async () => (await BurstAsync(there)).All(status => status == 200));

        static async Task<int[]> BurstAsync(ScimClient client)
        {
            var statuses = new int[12];
            for (var i = 0; i < statuses.Length; i++)
            {
                statuses[i] = (await client.GetAsync("/Users?count=1")).Status;
            }

            return statuses;
        }
    }

    [Test]
    public async Task Limits_are_enforced_and_announced_as_they_are_now()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        await PutAsync(
            new()
            {
                ["limits.maxBodyBytes"] = 2048,
                ["limits.maxBulkOperations"] = 1,
                ["limits.maxPageSize"] = 2,
                ["limits.defaultPageSize"] = 1,
                ["limits.maxFilterDepth"] = 1,
                ["limits.cursorTimeoutSeconds"] = 60,
            },
            tenant
        );
        for (var i = 0; i < 3; i++)
        {
            await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);
        }

        var announced = (await tenant.Client.GetAsync("/ServiceProviderConfig").Expecting(200)).Json;
        var large = await tenant.Client.PostAsync("/Users", $"{{\"x\":\"{new string('x', 3000)}\"}}");
        var page = await tenant.Client.GetAsync("/Users?count=100").Expecting(200);
        var usual = await tenant.Client.GetAsync("/Users").Expecting(200);
        var deep = await tenant.Client.GetAsync("/Users?filter=not%20((userName%20pr))");
        var bulk = await tenant.Client.PostAsync("/Bulk", Bulk(2));

        announced.GetProperty("bulk").GetProperty("maxOperations").GetInt32().Should().Be(1);
        announced.GetProperty("bulk").GetProperty("maxPayloadSize").GetInt32().Should().Be(2048);
        announced.GetProperty("filter").GetProperty("maxResults").GetInt32().Should().Be(2);
        announced.GetProperty("pagination").GetProperty("cursorTimeout").GetInt32().Should().Be(60);
        large.Status.Should().Be(413);
        page.Resources().Should().HaveCount(2);
        usual.Resources().Should().HaveCount(1);
        deep.ScimType().Should().Be("invalidFilter");
        bulk.Status.Should().Be(413);
    }

    [Test]
    public async Task A_feature_is_rolled_out_tenant_by_tenant()
    {
        using var named = await TestTenant.CreateAsync(_host.Server);
        using var other = await TestTenant.CreateAsync(_host.Server);
        await PutAsync(
            new()
            {
                ["features.bulk"] = new JsonObject { ["enabled"] = true, ["tenants"] = new JsonArray(named.TenantId) },
                ["features.cursorPagination"] = false,
            }
        );

        (await named.Client.PostAsync("/Bulk", Bulk(1))).Status.Should().Be(200);
        (await IsSupportedAsync(named.Client, "bulk", "supported")).Should().BeTrue();
        (await other.Client.PostAsync("/Bulk", Bulk(1))).Status.Should().Be(501);
        (await IsSupportedAsync(other.Client, "bulk", "supported")).Should().BeFalse();
        (await other.Client.GetAsync("/Users?cursor=")).ScimType().Should().Be("invalidCursor");
        (await IsSupportedAsync(other.Client, "pagination", "cursor")).Should().BeFalse();

        await PutAsync(new() { ["features.bulk"] = true, ["features.cursorPagination"] = true }, other);

        (await other.Client.PostAsync("/Bulk", Bulk(1))).Status.Should().Be(200);
        (await other.Client.GetAsync("/Users?cursor=")).Status.Should().Be(200);
        var refused = await _admin.PutAsync(
            $"/config?tenantId={other.TenantId}",
            Body(new() { ["features.bulk"] = new JsonObject(), ["worker.leaseSeconds"] = 5 }),
            ("If-Match", "*")
        );
        refused.WrongFields().Should().BeEquivalentTo("features.bulk", "worker.leaseSeconds");

        static async Task<bool> IsSupportedAsync(ScimClient client, string part, string name) =>
            (await client.GetAsync("/ServiceProviderConfig").Expecting(200))
                .Json.GetProperty(part)
                .GetProperty(name)
                .GetBoolean();
    }

    [Test]
    public async Task The_lengths_of_sessions_change_while_they_last()
    {
        await PutAsync(new() { ["session.leaseSeconds"] = 120, ["session.absoluteHours"] = 2 });

        var beat = await _admin.PostAsync("/session/heartbeat").Expecting(200);
        var account = await _host.OperatorAsync("support");
        using var client = await _host.SignInAsync(account, stepUp: false);
        var session = (await client.GetAsync("/session").Expecting(200)).Json;

        var now = _host.Clock.GetUtcNow();
        var second = TimeSpan.FromSeconds(60);
        beat.Json.GetProperty("leaseExpiresAt").GetDateTimeOffset().Should().BeBefore(now.AddSeconds(121));
        session.GetProperty("leaseExpiresAt").GetDateTimeOffset().Should().BeCloseTo(now.AddSeconds(120), second);
        session.GetProperty("expiresAt").GetDateTimeOffset().Should().BeCloseTo(now.AddHours(2), second);
        await PutAsync(new() { ["session.leaseSeconds"] = null });
        await _admin.PostAsync("/session/heartbeat").Expecting(200);
    }

    [Test]
    public async Task A_worker_that_looks_for_jobs_every_ten_minutes_looks_oftener_when_told()
    {
        // Jobs are due by the clock of the database, so this host has no clock of its own.
        await using var server = await ApiServer.StartAsync(
            kind,
            new Dictionary<string, string>
            {
                ["Worker:InProcess"] = "true",
                ["Worker:PollMilliseconds"] = "600000",
                ["Audit:SealSeconds"] = "1",
            }
        );
        using var tenant = await TestTenant.CreateAsync(server);
        await Eventually.IsTrueAsync(async () => (await JobsAsync()).Count > 0);

        var changes = new Dictionary<string, JsonElement> { ["worker.pollInterval"] = JsonElement.Parse("20") };
        await server.SendAsync(new UpdateSettings(TenantId: null, changes, IfMatch: null));

        await Eventually.IsTrueAsync(async () => (await JobsAsync()).Any(job => job.State == JobState.Succeeded));

        Task<IReadOnlyList<ListedJob>> JobsAsync() => server.SendAsync(new ListJobs(TenantSlug: tenant.Slug));
    }

    [Test]
    public async Task The_verb_sets_a_tenants_own_value()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);

        await _host.SendAsync(new Application.Tenants.SetTenantSetting(tenant.Slug, "Groups.UniqueDisplayName", "off"));
        await _host.SendAsync(new Application.Tenants.SetTenantSetting(tenant.Slug, "limits.maxPageSize", "300"));
        var wrong = () =>
            _host.SendAsync(new Application.Tenants.SetTenantSetting(tenant.Slug, "limits.maxPageSize", "many"));
        var unknown = () =>
            _host.SendAsync(new Application.Tenants.SetTenantSetting(tenant.Slug, "worker.leaseSeconds", "1"));

        var answer = await _admin.GetAsync($"/config?tenantId={tenant.TenantId}").Expecting(200);
        answer.Json.GetProperty("settings").GetProperty("groups.uniqueDisplayName").GetBoolean().Should().BeFalse();
        Setting(answer, "limits.maxPageSize").Should().Be((300, "tenant"));
        await wrong.Should().ThrowAsync<Domain.Errors.ScimException>().WithMessage("*whole number*");
        await unknown.Should().ThrowAsync<Domain.Errors.ScimException>().WithMessage("*groups.uniqueDisplayName*");
        var group = Some.Group(Some.Name());
        await tenant.Client.PostAsync("/Groups", group).Expecting(201);
        await tenant.Client.PostAsync("/Groups", group).Expecting(201);
    }

    [Test]
    public async Task Reading_a_setting_allocates_nothing()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        await PutAsync(new() { ["limits.maxPageSize"] = 300 }, tenant);
        await PutAsync(new() { ["features.bulk"] = new JsonObject { ["percent"] = 50 } });
        var settings = (RuntimeSettings)_host.Server.Services.GetService(typeof(RuntimeSettings))!;
        var id = new Domain.Tenants.TenantId(Guid.Parse(tenant.TenantId));
        var other = new Domain.Tenants.TenantId(Guid.NewGuid());
        Read();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Read();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);

        void Read()
        {
            if (settings.Of(id).Limits.MaxPageSize != 300 || settings.Of(other).Limits.MaxPageSize == 300)
            {
                throw new InvalidOperationException();
            }

            settings.Of(other).Bulk.Includes(other);
        }
    }

    [Test]
    public void Every_setting_is_read_somewhere()
    {
        var catalogue = (SettingCatalogue)_host.Server.Services.GetService(typeof(SettingCatalogue))!;
        foreach (var setting in catalogue.All)
        {
            var without = catalogue
                .Resolve(StoredSettings.None, null)
                .Where(resolved => resolved.Setting.Name != setting.Name);

            var read = () => new EffectiveSettings(without);

            read.Should().Throw<KeyNotFoundException>(setting.Name);
        }
    }

    private static JsonObject Body(JsonObject settings) => new() { ["settings"] = settings };

    private static (int Value, string Source) Setting(ScimResponse answer, string name) =>
        (
            answer.Json.GetProperty("settings").GetProperty(name).GetInt32(),
            answer.Json.GetProperty("sources").GetProperty(name).GetString()!
        );

    private static long Version(ScimResponse answer) => answer.Json.GetProperty("version").GetInt64();

    private static string Bulk(int operations) =>
        JsonSerializer.Serialize(
            new
            {
                schemas = BulkMessage,
                Operations = Enumerable
                    .Range(0, operations)
                    .Select(i => new { method = "DELETE", path = $"/Users/{Guid.NewGuid()}" }),
            }
        );

    private Task<ScimResponse> PutAsync(JsonObject settings, TestTenant? tenant = null) =>
        _admin
            .PutAsync(
                tenant is null ? "/config" : $"/config?tenantId={tenant.TenantId}",
                Body(settings),
                ("If-Match", "*")
            )
            .Expecting(200);
}
