using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Workspaces own tenants, and operators reach these by membership, also those that come later")]
public sealed class WorkspaceTests(DatabaseKind kind)
{
    private AdminHost _host = null!;
    private AdminClient _admin = null!;
    private TestOperator _account = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind, new Dictionary<string, string> { ["Session:LeaseSeconds"] = "3600" });
        _account = await _host.OperatorAsync("platform-admin");
        _admin = await _host.SignInAsync(_account);
    }

    [SetUp]
    public async Task StepUp() =>
        await _admin
            .PostAsync("/session/step-up", new JsonObject { ["totp"] = _host.NextCode(_account) })
            .Expecting(200);

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task A_workspace_is_created_read_renamed_and_deleted()
    {
        var slug = Some.Slug();
        var created = await _admin
            .PostAsync("/workspaces", new JsonObject { ["slug"] = slug, ["name"] = "Vendor" })
            .Expecting(201);
        var path = $"/workspaces/{created.Id}";
        created.Header("Location").Should().Be("/admin/v1" + path);
        (await _admin.GetAsync(path)).Text.Should().Be(created.Text);
        (await _admin.GetAsync("/workspaces")).Text.Should().Contain(created.Id).And.Contain("\"default\"");
        (await _admin.PostAsync("/workspaces", new JsonObject { ["slug"] = slug })).Problem().Should().Be("conflict");
        (await _admin.PostAsync("/workspaces", new JsonObject { ["slug"] = "A B", ["x"] = 1 }))
            .WrongFields()
            .Should()
            .BeEquivalentTo("slug", "x");

        var renamed = await _admin
            .PutAsync(path, new JsonObject { ["name"] = "Vendor Ltd." }, ("If-Match", "W/\"1\""))
            .Expecting(200);

        renamed.Json.GetProperty("name").GetString().Should().Be("Vendor Ltd.");
        (await _admin.PutAsync(path, new JsonObject { ["name"] = "x" }, ("If-Match", "\"1\""))).Status.Should().Be(412);
        await _admin.DeleteAsync(path).Expecting(204);
        (await _admin.GetAsync(path)).Problem().Should().Be("not-found");
        (await _host.JournalAsync())
            .Where(row => row.Resource == created.Id)
            .Select(row => row.Operation)
            .Should()
            .Equal("workspace.create", "workspace.update", "workspace.delete");
    }

    [Test]
    public async Task A_workspace_that_owns_tenants_and_the_default_one_stay()
    {
        var workspace = await WorkspaceAsync();
        var tenant = await TenantAsync(workspace);

        (await _admin.DeleteAsync($"/workspaces/{workspace}")).Problem().Should().Be("conflict");
        (await _admin.GetAsync($"/workspaces/{workspace}")).Json.GetProperty("tenants").GetInt64().Should().Be(1);

        var other = await WorkspaceAsync();
        await _admin.PutAsync($"/tenants/{tenant}", new JsonObject { ["workspaceId"] = other }).Expecting(200);
        await _admin.DeleteAsync($"/workspaces/{workspace}").Expecting(204);
        var all = (await _admin.GetAsync("/workspaces")).Json.GetProperty("items").EnumerateArray();
        var theDefault = all.Single(item => item.GetProperty("slug").GetString() == "default");
        (await _admin.DeleteAsync($"/workspaces/{theDefault.GetProperty("id").GetString()}"))
            .Problem()
            .Should()
            .Be("conflict");
    }

    [Test]
    public async Task Members_reach_the_tenants_of_their_workspaces_and_no_others()
    {
        var (mine, others) = (await WorkspaceAsync(), await WorkspaceAsync());
        var first = await TenantAsync(mine);
        var foreign = await TenantAsync(others);
        using var member = await MemberAsync(mine);

        (await SeenAsync(member)).Should().Equal(first);
        var second = await TenantAsync(mine);
        (await SeenAsync(member)).Should().Equal([first, second], "membership holds for what comes later");
        (await member.GetAsync($"/tenants/{foreign}")).Problem().Should().Be("not-found");
        (await member.GetAsync("/workspaces"))
            .Json.GetProperty("items")
            .EnumerateArray()
            .Select(item => item.GetProperty("id").GetString())
            .Should()
            .Equal(mine);
        (await member.GetAsync($"/workspaces/{others}")).Problem().Should().Be("not-found");

        await _admin.PutAsync($"/tenants/{first}", new JsonObject { ["workspaceId"] = others }).Expecting(200);

        (await SeenAsync(member)).Should().Equal([second], "the tenant has moved away");
    }

    [Test]
    public async Task Members_see_and_make_operators_within_their_workspaces_only()
    {
        var (mine, others) = (await WorkspaceAsync(), await WorkspaceAsync());
        var (tenant, foreign) = (await TenantAsync(mine), await TenantAsync(others));
        var stranger = await _admin.PostAsync("/operators", Operator(workspace: others)).Expecting(201);
        using var member = await MemberAsync(mine);

        var colleague = await member.PostAsync("/operators", Operator(workspace: mine)).Expecting(201);
        var narrow = await member.PostAsync("/operators", Operator(tenant: tenant)).Expecting(201);

        colleague.Json.GetProperty("workspaceIds")[0].GetString().Should().Be(mine);
        foreach (var seen in new[] { colleague.Id, narrow.Id })
        {
            (await member.GetAsync($"/operators/{seen}")).Status.Should().Be(200);
        }

        (await member.GetAsync($"/operators/{stranger.Id}")).Problem().Should().Be("not-found");
        (await member.PostAsync("/operators", Operator(workspace: others)))
            .WrongFields()
            .Should()
            .Equal("workspaceIds");
        (await member.PostAsync("/operators", Operator(tenant: foreign))).WrongFields().Should().Equal("tenantIds");
        (await _admin.PostAsync("/operators", Operator(workspace: Guid.NewGuid().ToString("D"))))
            .WrongFields()
            .Should()
            .Equal("workspaceIds");

        // Who is bound to the workspace's only tenant by name is no member, and does not see those who are.
        using var bound = await _host.SignInAsync("tenant-admin", Guid.Parse(tenant));
        (await bound.GetAsync($"/operators/{colleague.Id}")).Problem().Should().Be("not-found");
        (await bound.GetAsync($"/operators/{narrow.Id}")).Status.Should().Be(200);

        // Out of the workspace, out of all of it.
        var change = Operator(workspace: others);
        change.Remove("password");
        change["userName"] = colleague.Json.GetProperty("userName").GetString();
        await _admin.PutAsync($"/operators/{colleague.Id}", change).Expecting(200);
        (await member.GetAsync($"/operators/{colleague.Id}")).Problem().Should().Be("not-found");
    }

    private async Task<string> WorkspaceAsync() =>
        (await _admin.PostAsync("/workspaces", new JsonObject { ["slug"] = Some.Slug() }).Expecting(201)).Id;

    private async Task<string> TenantAsync(string workspace)
    {
        var body = new JsonObject { ["slug"] = Some.Slug(), ["workspaceId"] = workspace };
        var tenant = await _admin.PostAsync("/tenants", body).Expecting(201);
        tenant.Json.GetProperty("workspaceId").GetString().Should().Be(workspace);
        return tenant.Id;
    }

    private async Task<AdminClient> MemberAsync(string workspace) =>
        await _host.SignInAsync(await _host.MemberAsync("tenant-admin", Guid.Parse(workspace)));

    private static async Task<List<string>> SeenAsync(AdminClient client) =>
        [
            .. (await client.GetAsync("/tenants").Expecting(200))
                .Json.GetProperty("items")
                .EnumerateArray()
                .Select(item => item.GetProperty("id").GetString()!),
        ];

    private static JsonObject Operator(string? tenant = null, string? workspace = null)
    {
        var body = AdminHost.Operator(role: "tenant-admin");
        if (tenant is not null)
        {
            body["tenantIds"] = new JsonArray(tenant);
        }

        if (workspace is not null)
        {
            body["workspaceIds"] = new JsonArray(workspace);
        }

        return body;
    }
}
