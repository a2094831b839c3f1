using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7644;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §4, RFC 7643 §5 to §8")]
[Property("Capability", "Discovery: ServiceProviderConfig, ResourceTypes and Schemas")]
internal sealed class DiscoveryTests(DatabaseKind database) : ProtocolFixture(database)
{
    private static readonly string[] Endpoints =
    [
        "/ServiceProviderConfig",
        "/ResourceTypes",
        "/ResourceTypes/User",
        "/ResourceTypes/Group",
        "/Schemas",
        "/Schemas/" + User,
        "/Schemas/" + Group,
        "/Schemas/" + Enterprise,
    ];

    [TestCase("ServiceProviderConfig")]
    [TestCase("ResourceTypes")]
    [TestCase("Schemas")]
    public async Task What_is_announced_is_what_was_approved(string endpoint)
    {
        var answer = await Client.GetAsync($"/{endpoint}");

        var indented = JsonNode.Parse(answer.ShouldBe(200).Text)!.ToJsonString(Indented) + "\n";
        Approved.Check(
            Path.Combine("tests", "Scim.Integration.Tests", "Rfc7644", "Approved", endpoint + ".json"),
            indented.Replace(
                Server.BaseAddress.GetLeftPart(UriPartial.Authority),
                "https://scim.example.com",
                StringComparison.Ordinal
            )
        );
    }

    [TestCaseSource(nameof(Endpoints))]
    public async Task It_is_read_with_a_token_or_without_but_not_with_a_bad_one(string endpoint)
    {
        var with = await Client.GetAsync(endpoint);
        var without = await Client.GetAsync(endpoint, ("Authorization", null));
        var bad = await Client.GetAsync(endpoint, ("Authorization", "Bearer nonsense"));

        with.ShouldBe(200).Header("Content-Type").Should().StartWith("application/scim+json");
        without.ShouldBe(200).Text.Should().Be(with.Text);
        bad.ShouldBeError(401);
    }

    [TestCaseSource(nameof(Endpoints))]
    public async Task It_cannot_be_filtered(string endpoint)
    {
        (await Client.GetAsync($"{endpoint}?filter=id%20pr")).ShouldBeError(403);
        (await Client.GetAsync($"{endpoint}?FILTER=nonsense", ("Authorization", null))).ShouldBeError(403);
    }

    [TestCaseSource(nameof(Endpoints))]
    public async Task It_cannot_be_written_whatever_the_body(string endpoint)
    {
        foreach (var method in new[] { "POST", "PUT", "PATCH", "DELETE" })
        {
            foreach (var body in new[] { "{}", "nonsense", null })
            {
                var answer = await Client.SendAsync(method, endpoint, body);
                answer.ShouldBeError(405);
                answer.Header("Allow").Should().Contain("GET");
            }
        }

        (await Client.PostAsync(endpoint, "{}", ("Content-Type", "text/plain"))).ShouldBeError(405);
    }

    [TestCase("/ResourceTypes", 2)]
    [TestCase("/Schemas", 6)]
    public async Task Paging_sorting_and_projections_are_ignored(string endpoint, int total)
    {
        var list = await Client.GetAsync(endpoint + "?count=1&startIndex=2&sortBy=id&attributes=id");

        list.ShouldBe(200).Text.Should().Be((await Client.GetAsync(endpoint)).Text);
        list.At("schemas").Should().Be("""["urn:ietf:params:scim:api:messages:2.0:ListResponse"]""");
        list.At("totalResults").Should().Be(total.ToString(System.Globalization.CultureInfo.InvariantCulture));
        list.Count("Resources").Should().Be(total);
    }

    [Test]
    public async Task Every_element_of_a_list_is_what_its_location_answers()
    {
        foreach (var endpoint in new[] { "/ResourceTypes", "/Schemas" })
        {
            var list = await Client.GetAsync(endpoint);
            foreach (var element in list.Json.GetProperty("Resources").EnumerateArray())
            {
                var location = element.GetProperty("meta").GetProperty("location").GetString()!;
                var one = await Client.GetAsync(new Uri(location).AbsolutePath["/scim/v2".Length..]);
                one.ShouldBe(200).Text.Should().Be(element.GetRawText());
            }
        }
    }

    [Test]
    public async Task Every_urn_of_a_resource_type_has_its_schema()
    {
        var types = await Client.GetAsync("/ResourceTypes");
        var urns = types.Each("Resources", "schema").Concat(types.Each("Resources/0/schemaExtensions", "schema"));

        foreach (var urn in urns)
        {
            (await Client.GetAsync($"/Schemas/{urn}")).ShouldBe(200).Id.Should().Be(urn);
        }

        (await Client.GetAsync($"/Schemas/{Escape(User.ToUpperInvariant())}")).ShouldBe(200).Id.Should().Be(User);
        (await Client.GetAsync("/Schemas/urn:ietf:params:scim:api:messages:2.0:PatchOp")).ShouldBeError(404);
    }

    [Test]
    public async Task Every_attribute_of_every_schema_tells_its_characteristics()
    {
        var schemas = await Client.GetAsync("/Schemas");

        foreach (var schema in schemas.Json.GetProperty("Resources").EnumerateArray())
        {
            // The Schema schema describes itself, with subAttributes inside of attributes (RFC 7643 §8.7.2).
            if (schema.GetProperty("name").GetString() == "Schema")
            {
                continue;
            }

            schema.GetProperty("schemas")[0].GetString().Should().Be("urn:ietf:params:scim:schemas:core:2.0:Schema");
            foreach (var attribute in schema.GetProperty("attributes").EnumerateArray())
            {
                Check(attribute, inComplex: false);
            }
        }

        static void Check(JsonElement attribute, bool inComplex)
        {
            var names = attribute.EnumerateObject().Select(member => member.Name).ToList();
            names.Should().Contain(["name", "type", "multiValued", "required", "mutability", "returned"]);
            var isComplex = attribute.GetProperty("type").GetString() == "complex";
            (isComplex && inComplex).Should().BeFalse();
            names.Contains("subAttributes").Should().Be(isComplex, attribute.GetRawText());
            foreach (var sub in isComplex ? attribute.GetProperty("subAttributes").EnumerateArray() : [])
            {
                Check(sub, inComplex: true);
            }
        }
    }

    [Test]
    public async Task A_tenant_that_lets_group_names_repeat_says_so()
    {
        using var tenant = await TestTenant.CreateAsync(Server);
        await SetAsync(tenant.Slug, "groups.uniqueDisplayName", "off");
        var name = Some.Name();

        var schema = await tenant.Client.GetAsync($"/Schemas/{Group}");
        var one = await tenant.Client.PostAsync("/Groups", Some.Group(name));
        var two = await tenant.Client.PostAsync("/Groups", Some.Group(name));

        schema.At("attributes/0/uniqueness").Should().Be("none");
        one.ShouldBe(201);
        two.ShouldBe(201);
    }

    private async Task SetAsync(string slug, string name, string value)
    {
        await using var scope =
            Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.CreateAsyncScope(Server.Services);
        var mediator = (MediatR.IMediator)scope.ServiceProvider.GetService(typeof(MediatR.IMediator))!;
        await mediator.Send(new Application.Tenants.SetTenantSetting(slug, name, value));
    }

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
