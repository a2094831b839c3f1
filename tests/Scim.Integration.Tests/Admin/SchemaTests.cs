using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Schemas;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "Schemas of a tenant over the control plane: added, extended, narrowed and retired with a look at the data"
)]
public sealed class SchemaTests(DatabaseKind kind)
{
    private AdminHost _host = null!;
    private AdminClient _admin = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind, new Dictionary<string, string> { ["Session:LeaseSeconds"] = "3600" });
        _admin = await _host.SignInAsync("platform-admin");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task A_schema_is_added_extended_and_retired_on_every_replica()
    {
        var replica = await _host.AddReplicaAsync();
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        using var there = new ScimClient(replica.BaseAddress, tenant.Token);
        var urn = Urn();

        var created = await CreateAsync(tenant, urn, """{"name":"badge"}""");
        await Eventually.IsTrueAsync(async () => (await there.GetAsync($"/Schemas/{urn}")).Status == 200);
        var updated = await PutAsync(tenant, urn, """{"name":"badge"},{"name":"level","type":"integer"}""", "W/\"1\"")
            .Expecting(200);
        var user = await tenant.Client.PostAsync("/Users", User(urn, "level", 3)).Expecting(201);
        var listed = await _admin.GetAsync($"/schemas?tenantId={tenant.TenantId}").Expecting(200);
        await tenant.Client.DeleteAsync($"/Users/{user.Id}").Expecting(204);
        await _admin.DeleteAsync(Path(tenant, urn)).Expecting(204);

        created.Header("ETag").Should().Be("W/\"1\"");
        created.Header("Location").Should().EndWith($"?tenantId={tenant.TenantId}");
        updated.Json.GetProperty("version").GetInt64().Should().Be(2);
        var item = listed.Json.GetProperty("items").EnumerateArray().Single();
        item.GetProperty("id").GetString().Should().Be(urn);
        item.GetProperty("schema").GetProperty("attributes").GetArrayLength().Should().Be(2);
        (await _admin.GetAsync(Path(tenant, urn))).Status.Should().Be(404);
        (await tenant.Client.GetAsync($"/Schemas/{urn}")).Status.Should().Be(404);
        await Eventually.IsTrueAsync(async () => (await there.GetAsync($"/Schemas/{urn}")).Status == 404);
        var rows = await _host.SendAsync(new Application.Audit.TailJournal(tenant.Slug));
        rows.Where(row => row.ResourceType == "Schema")
            .Select(row => row.Operation)
            .Should()
            .Equal("schema.create", "schema.update", "schema.retire");
    }

    [Test]
    public async Task What_is_stored_stands_in_the_way_of_a_narrower_schema_and_is_counted()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        var urn = Urn();
        await CreateAsync(tenant, urn, """{"name":"badge"},{"name":"level","type":"integer"},{"name":"free"}""");
        for (var i = 0; i < 3; i++)
        {
            await tenant.Client.PostAsync("/Users", User(urn, "badge", "b")).Expecting(201);
        }

        await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);

        var narrower = await PutAsync(
            tenant,
            urn,
            """{"name":"badge","type":"integer"},{"name":"level","type":"integer","required":true}"""
        );
        var retired = await _admin.DeleteAsync(Path(tenant, urn));

        narrower.Status.Should().Be(409);
        narrower.Problem().Should().Be("conflict");
        narrower.Json.GetProperty("count").GetInt64().Should().Be(3);
        // `free` has no value, so it may go.
        narrower.WrongFields().Should().BeEquivalentTo("badge", "level");
        retired.Status.Should().Be(409);
        retired.Json.GetProperty("count").GetInt64().Should().Be(3);
        retired.WrongFields().Should().Equal("badge");
        (await _admin.GetAsync(Path(tenant, urn))).Json.GetProperty("version").GetInt64().Should().Be(1);
        var users = await tenant.Client.GetAsync("/Users").Expecting(200);
        users.Total().Should().Be(4);

        await PutAsync(tenant, urn, """{"name":"badge"},{"name":"level"}""").Expecting(200);
        await tenant.Client.PostAsync("/Users", User(urn, "level", "text")).Expecting(201);
    }

    [Test]
    public async Task Attributes_under_a_schema_of_the_RFC_are_checked_the_same_way()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        await CreateAsync(tenant, Urns.User, """{"name":"costCode"},{"name":"secretCode","returned":"never"}""");
        var user = Some.User();
        user["costCode"] = "7";
        await tenant.Client.PostAsync("/Users", user).Expecting(201);

        var retired = await _admin.DeleteAsync(Path(tenant, Urns.User));

        retired.Status.Should().Be(409);
        // Nobody can tell who has a value of what is never shown.
        retired.WrongFields().Should().BeEquivalentTo("costCode", "secretCode");
    }

    [Test]
    public async Task A_change_over_another_version_or_another_schema_is_refused()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        var urn = Urn();
        await CreateAsync(tenant, urn, """{"name":"badge"}""");
        await PutAsync(tenant, urn, """{"name":"badge","description":"x"}""").Expecting(200);

        var old = await PutAsync(tenant, urn, """{"name":"badge"}""", "1");
        var twice = await SendAsync("POST", $"/schemas?tenantId={tenant.TenantId}", urn, """{"name":"badge"}""");
        var other = await SendAsync("PUT", Path(tenant, urn), Urn(), """{"name":"badge"}""");
        var ofGroup = await SendAsync("PUT", Path(tenant, urn), urn, """{"name":"badge"}""", type: "Group");
        var none = await PutAsync(tenant, Urn(), """{"name":"badge"}""");

        old.Status.Should().Be(412);
        old.Json.GetProperty("currentVersion").GetInt64().Should().Be(2);
        twice.Status.Should().Be(409);
        other.Status.Should().Be(422);
        ofGroup.Status.Should().Be(409);
        none.Status.Should().Be(404);
    }

    [Test]
    public async Task What_is_wrong_with_a_request_is_told_at_once()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        var body = new JsonObject
        {
            ["resourceType"] = "Device",
            ["urn"] = "x",
            ["required"] = "yes",
        };

        (await _admin.PostAsync($"/schemas?tenantId={tenant.TenantId}", body))
            .WrongFields()
            .Should()
            .BeEquivalentTo("resourceType", "schema", "urn", "required");
        (await _admin.GetAsync("/schemas")).WrongFields().Should().Equal("tenantId");
        (await _admin.GetAsync($"/schemas?tenantId={Guid.NewGuid()}")).Problem().Should().Be("not-found");
        var invalid = await SendAsync("POST", $"/schemas?tenantId={tenant.TenantId}", "no urn", "");
        invalid.Problem().Should().Be("validation");
    }

    [Test]
    public async Task Of_many_who_add_the_same_schema_one_does()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        var urn = Urn();

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 6)
                .Select(_ => SendAsync("POST", $"/schemas?tenantId={tenant.TenantId}", urn, """{"name":"badge"}"""))
        );

        answers.Count(answer => answer.Status == 201).Should().Be(1);
        answers.Count(answer => answer.Status == 409).Should().Be(5);
    }

    [Test]
    public async Task Pages_of_schemas_follow_each_other()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        string[] urns = [Urn(), Urn(), Urn()];
        foreach (var urn in urns)
        {
            await CreateAsync(tenant, urn, """{"name":"badge"}""");
        }

        var found = new List<string?>();
        for (var next = $"/admin/v1/schemas?tenantId={tenant.TenantId}&limit=2"; next is not null; )
        {
            var page = await _admin.GetAsync(next["/admin/v1".Length..]).Expecting(200);
            found.AddRange(
                page.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString())
            );
            next = page.Json.GetProperty("next").GetString();
        }

        found.Should().BeEquivalentTo(urns);
    }

    private static string Urn() => $"urn:example:params:{Guid.NewGuid():N}:2.0:User";

    private static string Path(TestTenant tenant, string urn) => $"/schemas/{urn}?tenantId={tenant.TenantId}";

    private static JsonObject User(string urn, string attribute, JsonNode value)
    {
        var user = Some.User();
        user["schemas"]!.AsArray().Add(urn);
        user[urn] = new JsonObject { [attribute] = value };
        return user;
    }

    private Task<ScimResponse> CreateAsync(TestTenant tenant, string urn, string attributes) =>
        SendAsync("POST", $"/schemas?tenantId={tenant.TenantId}", urn, attributes).Expecting(201);

    private Task<ScimResponse> PutAsync(TestTenant tenant, string urn, string attributes, string? ifMatch = null) =>
        SendAsync("PUT", Path(tenant, urn), urn, attributes, ifMatch);

    private Task<ScimResponse> SendAsync(
        string method,
        string path,
        string urn,
        string attributes,
        string? ifMatch = null,
        string type = "User"
    ) =>
        _admin.SendAsync(
            method,
            path,
            $$"""{"resourceType":"{{type}}","schema":{"id":"{{urn}}","name":"Test","description":"d","attributes":[{{attributes}}]} }""",
            ("If-Match", ifMatch)
        );
}
