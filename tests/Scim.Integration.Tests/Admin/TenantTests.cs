using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.Application.Tenants;
using Scim.TestKit;
using ScimClient = Scim.TestKit.ScimClient;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "Tenants are made, changed, suspended, deleted and restored over HTTP, effective on every replica within a second"
)]
public sealed class TenantTests(DatabaseKind kind)
{
    private AdminHost _host = null!;
    private AdminClient _admin = null!;
    private TestOperator _account = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind, new Dictionary<string, string> { ["Session:LeaseSeconds"] = "3600" });
        _account = await _host.OperatorAsync("platform-admin");
        _admin = await _host.SignInAsync(_account, stepUp: false);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task A_tenant_is_created_read_listed_and_changed()
    {
        var slug = Some.Slug();
        var created = await _admin
            .PostAsync("/tenants", Body(("slug", slug), ("name", "Acme"), ("plan", "standard")))
            .Expecting(201);
        created.Header("Location").Should().Be($"/admin/v1/tenants/{created.Id}");
        created.Header("ETag").Should().Be("W/\"1\"");
        Text(created, "slug").Should().Be(slug);
        Text(created, "name").Should().Be("Acme");
        Text(created, "state").Should().Be("active");
        Text(created, "plan").Should().Be("standard");
        Text(created, "timeZone").Should().Be("UTC");
        created.Json.GetProperty("trialEndsAt").ValueKind.Should().Be(System.Text.Json.JsonValueKind.Null);
        (await _admin.GetAsync($"/tenants/{created.Id}")).Text.Should().Be(created.Text);
        (await ListAsync(_admin)).Should().Contain(created.Id);

        var change = Body(("name", "Acme Inc."), ("timeZone", "Europe/Berlin"));
        change["contacts"] = new JsonArray("jane@example.com");
        change["limits"] = new JsonObject { ["users"] = 7 };
        var changed = await _admin.PutAsync($"/tenants/{created.Id}", change, ("If-Match", "W/\"1\"")).Expecting(200);

        changed.Header("ETag").Should().Be("W/\"2\"");
        Text(changed, "plan").Should().Be("standard", "what is not named stays");
        changed.Json.GetProperty("limits").GetProperty("users").GetInt64().Should().Be(7);
        changed.Json.GetProperty("limits").GetProperty("clients").GetInt64().Should().Be(20, "that is the plan's");
        changed.Json.GetProperty("contacts")[0].GetString().Should().Be("jane@example.com");
        (await _admin.GetAsync($"/tenants/{created.Id}")).Text.Should().Be(changed.Text);
        var late = await _admin.PutAsync($"/tenants/{created.Id}", change, ("If-Match", "\"1\""));
        late.Status.Should().Be(412);
        late.Json.GetProperty("currentVersion").GetInt64().Should().Be(2);

        var journal = await _host.SendAsync(new TailJournal(slug));
        journal.Select(row => row.Operation).Should().Equal("tenant.create", "tenant.update");
        journal[1].Detail.Should().Contain("Europe/Berlin").And.NotContain("jane@example.com");
    }

    [Test]
    public async Task A_list_goes_on_where_the_page_before_it_ended()
    {
        for (var i = 0; i < 3; i++)
        {
            await _admin.PostAsync("/tenants", Body(("slug", Some.Slug()))).Expecting(201);
        }

        var all = await ListAsync(_admin);
        var paged = new List<string>();
        for (var next = "/tenants?limit=2"; next is not null; )
        {
            var page = await _admin.GetAsync(next).Expecting(200);
            paged.AddRange(Ids(page));
            next = page.Json.GetProperty("next").GetString()?["/admin/v1".Length..];
        }

        paged.Should().Equal(all).And.HaveCountGreaterThanOrEqualTo(3).And.OnlyHaveUniqueItems();
    }

    [Test]
    public async Task Everything_that_is_wrong_is_told_at_once_and_nothing_is_made()
    {
        var slug = Some.Slug();
        var body = Body(("slug", "Not A Slug"), ("timeZone", "../../etc/passwd"), ("colour", "red"));
        body["contacts"] = new JsonArray("no address");
        body["limits"] = new JsonObject { ["users"] = -1 };
        (await _admin.PostAsync("/tenants", body))
            .WrongFields()
            .Should()
            .BeEquivalentTo("colour", "contacts", "limits", "slug", "timeZone");
        (await _admin.PostAsync("/tenants", Body(("slug", slug), ("plan", "gold"))))
            .WrongFields()
            .Should()
            .Equal("plan");
        var nested = Body(("slug", slug));
        nested["limits"] = new JsonObject { ["seats"] = 3 };
        (await _admin.PostAsync("/tenants", nested)).WrongFields().Should().Equal("limits");
        var workspace = Body(("slug", slug), ("workspaceId", Guid.NewGuid().ToString("D")));
        (await _admin.PostAsync("/tenants", workspace)).WrongFields().Should().Equal("workspaceId");

        var made = await _admin.PostAsync("/tenants", Body(("slug", slug))).Expecting(201);

        (await _admin.PostAsync("/tenants", Body(("slug", slug)))).Problem().Should().Be("conflict");
        (await _admin.PutAsync($"/tenants/{made.Id}", Body(("state", "deleting"))))
            .WrongFields()
            .Should()
            .Equal("state");
        (await _admin.PutAsync($"/tenants/{made.Id}", Body(("slug", "another")))).WrongFields().Should().Equal("slug");
        (await _admin.GetAsync($"/tenants/{Guid.NewGuid():D}")).Problem().Should().Be("not-found");
    }

    [Test]
    public async Task Who_is_bound_to_tenants_sees_these_and_changes_none()
    {
        var mine = await _admin.PostAsync("/tenants", Body(("slug", Some.Slug()))).Expecting(201);
        var other = await _admin.PostAsync("/tenants", Body(("slug", Some.Slug()))).Expecting(201);
        using var bound = await _host.SignInAsync("tenant-admin", Guid.Parse(mine.Id));

        (await ListAsync(bound)).Should().Equal(mine.Id);
        (await bound.GetAsync($"/tenants/{mine.Id}")).Status.Should().Be(200);
        (await bound.GetAsync($"/tenants/{other.Id}")).Problem().Should().Be("not-found");
        (await bound.PutAsync($"/tenants/{mine.Id}", Body(("plan", "unlimited")))).Status.Should().Be(403);
    }

    [Test]
    public async Task A_suspended_tenant_is_refused_on_every_replica_until_it_is_active_again()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        var replica = await _host.AddReplicaAsync();
        using var elsewhere = new ScimClient(replica.BaseAddress, tenant.Token);
        var user = await elsewhere.PostAsync("/Users", Some.User()).Expecting(201);

        await _admin.PutAsync($"/tenants/{tenant.TenantId}", Body(("state", "suspended"))).Expecting(200);

        foreach (var client in new[] { tenant.Client, elsewhere })
        {
            var refused = await Eventually.GetAsync(
                () => client.GetAsync($"/Users/{user.Id}"),
                answer => answer.Status == 403
            );
            refused.Json.GetProperty("detail").GetString().Should().Contain("suspended");
            (await client.PostAsync("/Users", Some.User())).Status.Should().Be(403);
        }

        await _admin.PutAsync($"/tenants/{tenant.TenantId}", Body(("state", "active"))).Expecting(200);

        await Eventually.IsTrueAsync(async () => (await elsewhere.GetAsync($"/Users/{user.Id}")).Status == 200);
    }

    [Test]
    public async Task A_deleted_tenant_keeps_its_slug_and_comes_back_as_it_was()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        var user = await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);
        var path = $"/tenants/{tenant.TenantId}";
        await _admin.PutAsync(path, Body(("state", "suspended"))).Expecting(200);
        using var fresh = await _host.SignInAsync(_account, stepUp: false);
        (await fresh.DeleteAsync(path)).Problem().Should().Be("step-up-required");
        await StepUpAsync(fresh);
        (await fresh.DeleteAsync(path + "?purge=now")).Problem().Should().Be("conflict", "it is not deleted yet");

        var deleted = await fresh.DeleteAsync(path).Expecting(200);

        Text(deleted, "state").Should().Be("deleting");
        deleted
            .Json.GetProperty("purgeAfter")
            .GetDateTimeOffset()
            .Should()
            .Be(deleted.Json.GetProperty("deletedAt").GetDateTimeOffset().AddDays(30));
        await Eventually.IsTrueAsync(async () => (await tenant.Client.GetAsync("/Users")).Status == 401);
        (await _admin.PostAsync("/tenants", Body(("slug", tenant.Slug)))).Problem().Should().Be("conflict");
        (await _admin.PutAsync(path, Body(("name", "x")))).Problem().Should().Be("conflict");
        (await fresh.DeleteAsync(path)).Problem().Should().Be("conflict");

        var restored = await _admin.PostAsync(path + "/restore").Expecting(200);

        Text(restored, "state").Should().Be("suspended", "that is what it was");
        restored.Json.GetProperty("purgeAfter").ValueKind.Should().Be(System.Text.Json.JsonValueKind.Null);
        (await _admin.PostAsync(path + "/restore")).Problem().Should().Be("conflict");
        await _admin.PutAsync(path, Body(("state", "active"))).Expecting(200);
        await Eventually.IsTrueAsync(async () => (await tenant.Client.GetAsync($"/Users/{user.Id}")).Status == 200);
        (await _host.SendAsync(new TailJournal(tenant.Slug)))
            .Select(row => row.Operation)
            .Should()
            .ContainInOrder("tenant.update", "tenant.delete", "tenant.restore", "tenant.update");
    }

    private async Task StepUpAsync(AdminClient client) =>
        await client
            .PostAsync("/session/step-up", new JsonObject { ["totp"] = _host.NextCode(_account) })
            .Expecting(200);

    private static async Task<List<string>> ListAsync(AdminClient client) =>
        [.. Ids(await client.GetAsync("/tenants?limit=500").Expecting(200))];

    private static IEnumerable<string> Ids(ScimResponse page) =>
        page.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!);

    private static string? Text(ScimResponse response, string name) => response.Json.GetProperty(name).GetString();

    private static JsonObject Body(params (string Name, string Value)[] fields)
    {
        var body = new JsonObject();
        foreach (var (name, value) in fields)
        {
            body[name] = value;
        }

        return body;
    }
}
