using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Errors;
using Scim.Integration.Tests.Bulk;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Schemas;

[TestFixtureSource(typeof(Databases))]
[Parallelizable(ParallelScope.All)]
[Property("Capability", "A tenant's schemas grow by versions, may be required, and have readOnly attributes")]
[Property("Rfc", "RFC 7643 §6")]
public sealed class TenantSchemaTests(DatabaseKind kind) : HttpTests(kind)
{
    private const string Urn = "urn:example:params:scim:schemas:extension:works:2.0:User";
    private const string GroupUrn = "urn:example:params:scim:schemas:extension:works:2.0:Group";

    [Test]
    public async Task A_new_version_adds_attributes_that_take_part_in_everything()
    {
        using var tenant = await TenantAsync();
        await AddSchemaAsync(
            tenant,
            Schema("""{"name":"code","required":true},{"name":"serial","mutability":"immutable"}""")
        );
        var user = (await CreateAsync(tenant, "\"code\":\"c\",\"serial\":\"1\"").Expecting(201)).Id;

        var added = await AddSchemaAsync(
            tenant,
            Schema(
                """{"name":"level","type":"integer"},{"name":"badge","uniqueness":"server"},{"name":"code"},{"name":"serial","mutability":"immutable"}"""
            )
        );

        (added.Attributes, added.NewAttributes).Should().Be((4, 2));
        await KnownAsync(tenant.Client, "level");
        (await tenant.Client.GetAsync($"/Users/{user}")).At(Urn).Should().Be("""{"code":"c","serial":"1"}""");
        await tenant
            .Client.PatchAsync(
                $"/Users/{user}",
                Messages.Patch("add", Urn, JsonNode.Parse("""{"level":3,"badge":"b"}"""))
            )
            .Expecting(200);
        await CreateAsync(tenant, "\"level\":2").Expecting(201);
        (await CreateAsync(tenant, "\"badge\":\"B\"")).ShouldBeError(409, "uniqueness");
        var put = await tenant.Client.PutAsync($"/Users/{user}", User("\"level\":4"));
        put.ShouldBe(200).At(Urn).Should().Be("""{"level":4,"serial":"1"}""");
        var found = await tenant.Client.GetAsync($"/Users?filter={Uri.EscapeDataString($"{Urn}:level gt 3")}");
        found.Ids().Should().Equal(user);
        var sorted = await tenant.Client.GetAsync($"/Users?sortBy={Urn}:level&attributes={Urn}:level");
        sorted.Each("Resources", $"{Urn}/level").Should().Equal("2", "4");
    }

    [Test]
    public async Task A_new_version_that_removes_or_changes_an_attribute_with_values_is_refused_and_changes_nothing()
    {
        using var tenant = await TenantAsync();
        await AddSchemaAsync(tenant, Schema("""{"name":"code"},{"name":"level","type":"integer"}"""));
        await CreateAsync(tenant, "\"code\":\"c\",\"level\":1").Expecting(201);

        foreach (
            var (attributes, named) in new[]
            {
                ("""{"name":"code"}""", "level"),
                ("""{"name":"code"},{"name":"level"}""", "level"),
                ("""{"name":"code","uniqueness":"server"},{"name":"level","type":"integer"}""", "code"),
            }
        )
        {
            var act = () => AddSchemaAsync(tenant, Schema(attributes));
            var error = (await act.Should().ThrowAsync<ScimException>()).Which.Error;
            error.Status.Should().Be(409);
            error.Detail.Should().Contain(named);
        }

        var elsewhere = () =>
            AddSchemaAsync(tenant, Schema("""{"name":"code"},{"name":"level","type":"integer"}"""), "Group");
        (await elsewhere.Should().ThrowAsync<ScimException>()).Which.Error.Status.Should().Be(409);
        (await tenant.Client.GetAsync($"/Schemas/{Urn}"))
            .Each("attributes", "type")
            .Should()
            .Equal("string", "integer");
    }

    [Test]
    public async Task Attributes_added_to_a_schema_of_the_rfc_grow_too()
    {
        using var tenant = await TenantAsync();
        string Core(string attributes) =>
            $$"""{"id":"urn:ietf:params:scim:schemas:core:2.0:User","name":"User","attributes":[{{attributes}}]}""";
        await AddSchemaAsync(tenant, Core("""{"name":"shoeSize","type":"integer"}"""));
        await AddSchemaAsync(
            tenant,
            Core("""{"name":"shoeSize","type":"integer"},{"name":"badge","uniqueness":"server"}""")
        );
        var body = Some.User();
        body["badge"] = "a";

        await tenant.Client.PostAsync("/Users", body).Expecting(201);
        body["userName"] = Some.UserName();

        (await tenant.Client.PostAsync("/Users", body))
            .ShouldBeError(409, "uniqueness")
            .At("detail")
            .Should()
            .Contain("badge");
    }

    [Test]
    public async Task A_new_version_reaches_every_replica()
    {
        await using var database = await TestDatabase.CreateAsync(Kind);
        await using var one = await ApiServer.StartAsync(database);
        await using var other = await ApiServer.StartAsync(database);
        using var tenant = await TestTenant.CreateAsync(one);
        using var elsewhere = new ScimClient(other.BaseAddress, tenant.Token);
        await KnownAsync(elsewhere, null);

        foreach (
            var (attributes, name) in new[]
            {
                ("{\"name\":\"code\"}", "code"),
                ("{\"name\":\"code\"},{\"name\":\"level\"}", "level"),
            }
        )
        {
            var file = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.json");
            await File.WriteAllTextAsync(file, Schema(attributes));

            var result = await TestKit.Cli.RunAsync(database, "schema", "add", tenant.Slug, file, "--json");

            result.Json.GetProperty("newAttributes").GetInt32().Should().Be(1);
            await KnownAsync(elsewhere, name);
            await KnownAsync(tenant.Client, name);
            File.Delete(file);
        }
    }

    [Test]
    public async Task A_required_extension_is_demanded_of_what_is_created_or_replaced()
    {
        using var tenant = await TenantAsync();
        var old = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        await AddSchemaAsync(tenant, Schema("""{"name":"code"}"""), required: true);
        await KnownAsync(tenant.Client, "code");

        ScimResponse[] refused =
        [
            await tenant.Client.PostAsync("/Users", Some.User()),
            await CreateAsync(tenant, "\"code\":\"\""),
            await tenant.Client.PutAsync($"/Users/{old}", Some.User()),
        ];
        var bulk = await BulkTests.RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Users", Some.User(), "a"),
            Messages.BulkOperation("POST", "/Users", User("\"code\":\"c\""), "b")
        );
        var created = (await CreateAsync(tenant, "\"code\":\"c\"").Expecting(201)).Id;
        var removed = await tenant.Client.PatchAsync($"/Users/{created}", Messages.Patch("remove", Urn));
        var emptied = await tenant.Client.PatchAsync($"/Users/{created}", Messages.Patch("remove", $"{Urn}:code"));

        refused
            .Should()
            .AllSatisfy(answer => answer.ShouldBeError(400, "invalidValue").At("detail").Should().Contain(Urn));
        bulk.Select(BulkTests.Status).Should().Equal("400", "201");
        removed.ShouldBeError(400, "mutability");
        emptied.ShouldBeError(400, "invalidValue");
        (await tenant.Client.GetAsync($"/Users/{old}")).ShouldBe(200);
        (await tenant.Client.PatchAsync($"/Users/{old}", Messages.Patch("add", "title", "T"))).ShouldBe(200);
        await tenant.Client.PutAsync($"/Users/{old}", User("\"code\":\"c\"")).Expecting(200);
    }

    [Test]
    public async Task Resource_types_tell_which_extension_is_required()
    {
        using var tenant = await TenantAsync();
        await AddSchemaAsync(tenant, Schema("""{"name":"code"}"""), required: true);
        await AddSchemaAsync(tenant, Schema("""{"name":"code"}""", GroupUrn), "Group");

        var user = await tenant.Client.GetAsync("/ResourceTypes/User");
        var group = await tenant.Client.GetAsync("/ResourceTypes/Group");

        user.Each("schemaExtensions", "schema").Should().Equal(Messages.Enterprise, Urn);
        user.Each("schemaExtensions", "required").Should().Equal("false", "true");
        group.Each("schemaExtensions", "required").Should().Equal("false");
    }

    [Test]
    public async Task A_group_may_have_to_have_an_extension()
    {
        using var tenant = await TenantAsync();
        var old = (await tenant.Client.PostAsync("/Groups", Some.Group()).Expecting(201)).Id;
        await AddSchemaAsync(tenant, Schema("""{"name":"code"}""", GroupUrn), "Group", required: true);
        await AddSchemaAsync(tenant, Schema("""{"name":"code"}""", GroupUrn), "Group", required: true);
        Assert.That(
            async () => (await tenant.Client.PostAsync("/Groups", Some.Group())).Status,
            Is.EqualTo(400).After(2000, 50)
        );

        await tenant.Client.PutAsync($"/Groups/{old}", Some.Group()).Expecting(400);
        await tenant
            .Client.PatchAsync($"/Groups/{old}", Messages.Patch("replace", "displayName", "New"))
            .Expecting(204);

        // Without the option the next version asks for nothing.
        await AddSchemaAsync(tenant, Schema("""{"name":"code"}""", GroupUrn), "Group");
        Assert.That(
            async () => (await tenant.Client.PostAsync("/Groups", Some.Group())).Status,
            Is.EqualTo(201).After(2000, 50)
        );
    }

    [Test]
    public async Task A_schema_of_the_rfc_cannot_be_made_required()
    {
        using var tenant = await TenantAsync();

        var act = () => AddSchemaAsync(tenant, Schema("""{"name":"code"}""", Messages.Enterprise), required: true);

        (await act.Should().ThrowAsync<ScimException>()).Which.Error.Status.Should().Be(400);
    }

    [Test]
    [Property("Rfc", "RFC 7643 §7")]
    public async Task A_readOnly_attribute_is_announced_ignored_in_bodies_and_refused_as_a_path()
    {
        using var tenant = await TenantAsync();
        await AddSchemaAsync(tenant, Schema("""{"name":"origin","mutability":"readOnly"},{"name":"code"}"""));

        var created = await CreateAsync(tenant, "\"origin\":\"x\",\"code\":\"c\"").Expecting(201);
        var put = await tenant.Client.PutAsync($"/Users/{created.Id}", User("\"origin\":\"x\",\"code\":\"d\""));
        var keyed = await tenant.Client.PatchAsync(
            $"/Users/{created.Id}",
            Messages.Patch("add", Urn, JsonNode.Parse("""{"origin":"x","code":"e"}"""))
        );
        var path = await tenant.Client.PatchAsync($"/Users/{created.Id}", Messages.Patch("add", $"{Urn}:origin", "x"));

        created.At(Urn).Should().Be("""{"code":"c"}""");
        put.At(Urn).Should().Be("""{"code":"d"}""");
        keyed.At(Urn).Should().Be("""{"code":"e"}""");
        path.ShouldBeError(400, "mutability").At("detail").Should().Contain("origin");
        (await tenant.Client.GetAsync($"/Schemas/{Urn}")).At("attributes/0/mutability").Should().Be("readOnly");
        var found = await tenant.Client.GetAsync($"/Users?filter={Uri.EscapeDataString($"{Urn}:origin pr")}");
        found.Total().Should().Be(0);
    }

    [Test]
    public async Task A_writeOnly_attribute_is_refused_with_the_reason()
    {
        using var tenant = await TenantAsync();

        var act = () =>
            AddSchemaAsync(tenant, Schema("""{"name":"pin","mutability":"writeOnly","returned":"never"}"""));

        var error = (await act.Should().ThrowAsync<ScimException>()).Which.Error;
        error.Detail.Should().Contain("pin").And.Contain("secret").And.Contain("returned never");
    }

    [Test]
    public async Task The_verb_says_what_is_required()
    {
        using var tenant = await TenantAsync();
        var file = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, Schema("""{"name":"code"}"""));

        var added = await TestKit.Cli.RunAsync(
            Server.Database,
            "schema",
            "add",
            tenant.Slug,
            file,
            "--required",
            "--json"
        );
        await KnownAsync(tenant.Client, "code");
        var user = Some.User();
        user["schemas"]!.AsArray().Add(Urn);
        user[Urn] = new System.Text.Json.Nodes.JsonObject { ["code"] = "c" };
        await tenant.Client.PostAsync("/Users", user).Expecting(201);
        await File.WriteAllTextAsync(file, Schema("""{"name":"other"}"""));
        var refused = await TestKit.Cli.RunAsync(Server.Database, "schema", "add", tenant.Slug, file);
        File.Delete(file);

        added.Json.GetProperty("required").GetBoolean().Should().BeTrue();
        added.Json.GetProperty("urn").GetString().Should().Be(Urn);
        refused.ExitCode.Should().Be(1);
        refused.Error.Should().Contain("lacks the attribute code");
        (await tenant.Client.PostAsync("/Users", Some.User())).ShouldBeError(400, "invalidValue");
    }

    private static string Schema(string attributes, string urn = Urn) =>
        $$"""{"id":"{{urn}}","name":"Works","description":"Of the works","attributes":[{{attributes}}]}""";

    /// <summary>Waits until the client's server knows the attribute: within a second.</summary>
    private static async Task KnownAsync(ScimClient client, string? attribute)
    {
        if (attribute is null)
        {
            (await client.GetAsync($"/Schemas/{Urn}")).ShouldBeError(404);
            return;
        }

        Assert.That(
            async () =>
                (await client.GetAsync($"/Schemas/{Urn}")) is { Status: 200 } schema
                && schema.Each("attributes", "name").Contains(attribute),
            Is.True.After(3000, 50)
        );
    }

    private static Task<ScimResponse> CreateAsync(TestTenant tenant, string attributes) =>
        tenant.Client.PostAsync("/Users", User(attributes));

    private static JsonObject User(string attributes)
    {
        var user = Some.User();
        user[Urn] = JsonNode.Parse("{" + attributes + "}");
        return user;
    }
}
