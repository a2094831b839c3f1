using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "SCIM clients are made, changed, suspended and removed over HTTP, effective within a second")]
public sealed class ScimClientTests(DatabaseKind kind)
{
    private AdminHost _host = null!;
    private AdminClient _admin = null!;
    private TestTenant _tenant = null!;
    private TestTenant _other = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind);
        _admin = await _host.SignInAsync("platform-admin");
        _tenant = await TestTenant.CreateAsync(_host.Server);
        _other = await TestTenant.CreateAsync(_host.Server);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        _tenant?.Dispose();
        _other?.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task A_new_client_provisions_with_the_token_that_is_shown_once()
    {
        var body = Body();
        body["scopes"] = new JsonArray("scim:read", "scim:write");
        body["profile"] = "okta";

        var created = await _admin.PostAsync("/scim_clients", body).Expecting(201);

        created.Header("Location").Should().Be($"/admin/v1/scim_clients/{created.Id}");
        created.Header("ETag").Should().Be("W/\"1\"");
        var token = created.Json.GetProperty("token");
        token.GetProperty("expiresAt").ValueKind.Should().Be(System.Text.Json.JsonValueKind.Null);
        using var scim = Scim(token.GetProperty("value").GetString());
        await scim.PostAsync("/Users", Some.User()).Expecting(201);
        var read = await _admin.GetAsync($"/scim_clients/{created.Id}").Expecting(200);
        read.Json.GetProperty("tenantId").GetString().Should().Be(_tenant.TenantId);
        read.Json.GetProperty("profile").GetString().Should().Be("okta");
        read.Json.GetProperty("scopes").GetArrayLength().Should().Be(2);
        read.Json.GetProperty("tokens")[0]
            .GetProperty("id")
            .GetString()
            .Should()
            .Be(token.GetProperty("id").GetString());
        read.Text.Should().NotContain(scim.Token!);
    }

    [Test]
    public async Task A_list_is_of_one_tenant_or_of_all_that_the_caller_reaches()
    {
        var mine = (await CreateAsync()).Id;
        using var bound = await _host.SignInAsync("tenant-admin", Guid.Parse(_other.TenantId));

        (await IdsAsync(_admin, $"?limit=500&tenantId={_tenant.TenantId}"))
            .Should()
            .Contain([mine, _tenant.ClientId])
            .And.NotContain(_other.ClientId);
        (await IdsAsync(_admin, "?limit=500")).Should().Contain([mine, _other.ClientId]);
        (await IdsAsync(bound, "?limit=500")).Should().Equal(_other.ClientId);
        (await IdsAsync(bound, $"?tenantId={_tenant.TenantId}")).Should().BeEmpty();
    }

    [Test]
    public async Task Pages_of_one_tenant_stay_within_it()
    {
        await CreateAsync();
        await CreateAsync();

        var first = (await _admin.GetAsync($"/scim_clients?limit=1&tenantId={_tenant.TenantId}").Expecting(200)).Json;
        var next = first.GetProperty("next").GetString()!;

        next.Should().Contain($"tenantId={_tenant.TenantId}");
        (await _admin.GetAsync(next["/admin/v1".Length..]).Expecting(200))
            .Json.GetProperty("items")
            .EnumerateArray()
            .Should()
            .OnlyContain(item => item.GetProperty("tenantId").GetString() == _tenant.TenantId);
    }

    [Test]
    public async Task Every_wrong_field_is_named_at_once()
    {
        var body = new JsonObject
        {
            ["name"] = "",
            ["scopes"] = new JsonArray("scim:admin"),
            ["profile"] = "keycloak",
            ["state"] = "asleep",
            ["requestsPerSecond"] = 0,
            ["allowedNetworks"] = new JsonArray("10.0.0.0/33"),
            ["expiresAt"] = "2020-01-01T00:00:00Z",
            ["colour"] = "red",
        };

        var answer = await _admin.PostAsync("/scim_clients", body);

        answer.Status.Should().Be(422);
        answer
            .WrongFields()
            .Should()
            .BeEquivalentTo(
                "tenantId",
                "name",
                "scopes",
                "profile",
                "state",
                "requestsPerSecond",
                "allowedNetworks",
                "expiresAt",
                "colour"
            );
    }

    [Test]
    public async Task A_tenant_that_is_not_there_and_one_out_of_reach_get_one_answer()
    {
        using var bound = await _host.SignInAsync("tenant-admin", Guid.Parse(_other.TenantId));
        var nowhere = Body();
        nowhere["tenantId"] = Guid.NewGuid().ToString("D");

        var missing = await _admin.PostAsync("/scim_clients", nowhere);
        var foreign = await bound.PostAsync("/scim_clients", Body());

        missing.Status.Should().Be(422);
        foreign.Status.Should().Be(422);
        missing.WrongFields().Should().Equal("tenantId");
        foreign.Json.GetProperty("errors").ToString().Should().Be(missing.Json.GetProperty("errors").ToString());
    }

    [Test]
    public async Task A_change_is_made_on_the_version_that_was_read_and_journalled_with_before_and_after()
    {
        var id = (await CreateAsync()).Id;
        var body = Values("scim:read");

        var changed = await _admin.PutAsync($"/scim_clients/{id}", body, ("If-Match", "W/\"1\"")).Expecting(200);
        var late = await _admin.PutAsync($"/scim_clients/{id}", body, ("If-Match", "W/\"1\""));
        var lateDelete = await _admin.SendAsync("DELETE", $"/scim_clients/{id}", null, ("If-Match", "1"));

        changed.Header("ETag").Should().Be("W/\"2\"");
        late.Problem().Should().Be("version-mismatch");
        late.Json.GetProperty("currentVersion").GetInt32().Should().Be(2);
        lateDelete.Status.Should().Be(412);
        var rows = await JournalAsync();
        rows.Should()
            .ContainSingle(row => row.Operation == "client.update" && row.ResourceId == id)
            .Which.Detail.Should()
            .Contain("\"before\"")
            .And.Contain("\"after\"");
    }

    [Test]
    public async Task Scopes_hold_within_a_second()
    {
        var created = await CreateAsync();
        using var scim = Scim(created.Token);
        await scim.PostAsync("/Users", Some.User()).Expecting(201);

        await _admin.PutAsync($"/scim_clients/{created.Id}", Values("scim:read")).Expecting(200);

        await Eventually.IsTrueAsync(async () => (await scim.PostAsync("/Users", Some.User())).Status == 403);
        (await scim.GetAsync("/Users")).Status.Should().Be(200);
    }

    [Test]
    public async Task A_suspended_client_is_refused_until_it_is_active_again()
    {
        var created = await CreateAsync();
        using var scim = Scim(created.Token);
        await scim.GetAsync("/Users").Expecting(200);
        var body = Values("scim:read");

        body["state"] = "suspended";
        await _admin.PutAsync($"/scim_clients/{created.Id}", body).Expecting(200);
        await Eventually.IsTrueAsync(async () => (await scim.GetAsync("/Users")).Status == 401);
        body["state"] = "active";
        await _admin.PutAsync($"/scim_clients/{created.Id}", body).Expecting(200);

        await Eventually.IsTrueAsync(async () => (await scim.GetAsync("/Users")).Status == 200);
    }

    [Test]
    public async Task A_client_calls_from_its_networks_only()
    {
        var created = await CreateAsync();
        using var scim = Scim(created.Token);
        Task<ScimResponse> FromAsync(string address) => scim.GetAsync("/Users", ("X-Forwarded-For", address));
        await FromAsync("203.0.113.9").Expecting(200);
        var body = Values("scim:read");
        body["allowedNetworks"] = new JsonArray("198.51.100.0/24", "2001:db8::/32");

        var changed = await _admin.PutAsync($"/scim_clients/{created.Id}", body).Expecting(200);

        changed.Json.GetProperty("allowedNetworks").GetArrayLength().Should().Be(2);
        var refused = await Eventually.GetAsync(() => FromAsync("203.0.113.9"), answer => answer.Status != 200);
        refused.Status.Should().Be(403);
        refused.Header("WWW-Authenticate").Should().StartWith("Bearer");
        (await FromAsync("198.51.100.20")).Status.Should().Be(200);
        (await FromAsync("2001:db8::7")).Status.Should().Be(200);
        (await FromAsync("2001:db9::7")).Status.Should().Be(403);
        var rows = await Eventually.GetAsync(
            JournalAsync,
            found => found.Any(row => row.Operation == "client.authorize" && row.Actor == $"client:{created.Id}")
        );
        rows.Should().Contain(row => $"{row}".Contains("network-not-allowed", StringComparison.Ordinal));
    }

    [Test]
    public async Task A_client_has_a_rate_of_its_own()
    {
        var body = Body();
        body["requestsPerSecond"] = 1;
        var created = await CreateAsync(body);
        using var scim = Scim(created.Token);

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => scim.GetAsync("/Users?count=0")));

        answers.Count(answer => answer.Status == 200).Should().BeInRange(1, 39);
        answers.Where(answer => answer.Status != 200).Should().OnlyContain(answer => answer.Status == 429);
        (await _tenant.Client.GetAsync("/Users?count=0")).Status.Should().Be(200);
    }

    [Test]
    public async Task A_removed_client_is_refused_and_what_it_did_last_hurts_nobody()
    {
        var created = await CreateAsync();
        using var scim = Scim(created.Token);
        var id = (await scim.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        // A departure from the RFCs, counted in memory until after the client is gone.
        await scim.PatchAsync($"/Users/{id}", Messages.Patch("Replace", "title", "x"));
        await _tenant.Client.PatchAsync($"/Users/{id}", Messages.Patch("Replace", "title", "y"));

        await _admin.DeleteAsync($"/scim_clients/{created.Id}").Expecting(204);

        await Eventually.IsTrueAsync(async () => (await scim.GetAsync("/Users")).Status == 401);
        (await _admin.GetAsync($"/scim_clients/{created.Id}")).Status.Should().Be(404);
        (await _admin.DeleteAsync($"/scim_clients/{created.Id}")).Status.Should().Be(404);
        (await _tenant.Client.GetAsync($"/Users/{id}")).Status.Should().Be(200);
        await Eventually.IsTrueAsync(async () =>
            (await _admin.GetAsync($"/scim_clients/{_tenant.ClientId}")).Json.GetProperty("deviations").GetArrayLength()
            > 0
        );
    }

    [Test]
    public async Task Onboarding_is_reported_step_by_step()
    {
        var created = await CreateAsync();
        (await StepsAsync(created.Id)).Should().BeEmpty();

        // A token that names the client, but is no longer good.
        var path = $"/scim_clients/{created.Id}/tokens";
        await _admin.DeleteAsync($"{path}/{created.Token.Split('_')[1]}").Expecting(204);
        using var scim = Scim(created.Token);
        (await scim.GetAsync("/Users")).Status.Should().Be(401);
        await ReachAsync(created.Id, "reached");
        scim.Token = (await _admin.PostAsync(path).Expecting(201)).Json.GetProperty("value").GetString();
        await scim.GetAsync("/ServiceProviderConfig").Expecting(200);
        await ReachAsync(created.Id, "reached", "tokenAccepted");
        await scim.GetAsync("/Users?filter=userName%20eq%20%22nobody%22").Expecting(200);
        await ReachAsync(created.Id, "reached", "tokenAccepted", "lookupAnswered");
        await scim.PostAsync("/Bulk", Messages.Bulk(Messages.BulkOperation("POST", "/Users", Some.User(), "u")))
            .Expecting(200);
        await ReachAsync(created.Id, "reached", "tokenAccepted", "lookupAnswered", "firstUser");

        var done = (await _admin.PostAsync($"/scim_clients/{created.Id}/test").Expecting(200)).Json;
        done.GetProperty("complete").GetBoolean().Should().BeTrue();
        var read = (await _admin.GetAsync($"/scim_clients/{created.Id}").Expecting(200)).Json;
        read.GetProperty("firstRequestAt")
            .GetDateTimeOffset()
            .Should()
            .BeOnOrBefore(read.GetProperty("lastRequestAt").GetDateTimeOffset());
    }

    private async Task ReachAsync(string id, params string[] steps)
    {
        var seen = await Eventually.GetAsync(() => StepsAsync(id), found => found.Length >= steps.Length);
        seen.Should().BeEquivalentTo(steps);
    }

    private async Task<string[]> StepsAsync(string id) =>
        [
            .. (await _admin.PostAsync($"/scim_clients/{id}/test").Expecting(200))
                .Json.GetProperty("steps")
                .EnumerateObject()
                .Where(step => step.Value.ValueKind == System.Text.Json.JsonValueKind.String)
                .Select(step => step.Name),
        ];

    private static async Task<string[]> IdsAsync(AdminClient client, string query) =>
        [
            .. (await client.GetAsync("/scim_clients" + query).Expecting(200))
                .Json.GetProperty("items")
                .EnumerateArray()
                .Select(item => item.GetProperty("id").GetString()!),
        ];

    private JsonObject Body() => new() { ["tenantId"] = _tenant.TenantId, ["name"] = Some.Name() };

    private static JsonObject Values(params string[] scopes) =>
        new() { ["name"] = "changed", ["scopes"] = new JsonArray([.. scopes.Select(scope => (JsonNode)scope)]) };

    private Task<IReadOnlyList<JournalLine>> JournalAsync() =>
        _host.SendAsync(new TailJournal(_tenant.Slug, Limit: 10_000));

    private ScimClient Scim(string? token) => new(_host.Server.BaseAddress, token);

    private async Task<(string Id, string Token)> CreateAsync(JsonObject? body = null)
    {
        var created = await _admin.PostAsync("/scim_clients", body ?? Body()).Expecting(201);
        return (created.Id, created.Json.GetProperty("token").GetProperty("value").GetString()!);
    }
}
