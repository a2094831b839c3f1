using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7643;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7643 §3")]
[Property("Capability", "schemas, id, externalId and meta of every resource")]
internal sealed class CommonAttributeTests(DatabaseKind database) : ProtocolFixture(database)
{
    [TestCase("")]
    [TestCase("\"schemas\":[],")]
    [TestCase("\"schemas\":null,")]
    [TestCase("\"schemas\":\"urn:ietf:params:scim:schemas:core:2.0:User\",")]
    [TestCase("\"schemas\":{},")]
    [TestCase("\"schemas\":[5],")]
    [TestCase("\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],")]
    [TestCase("\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],")]
    public async Task A_body_names_the_schemas_of_its_resource(string schemas)
    {
        var userName = Some.UserName();

        var answer = await Client.PostAsync("/Users", $$"""{{{schemas}}"userName":"{{userName}}"}""");

        answer.ShouldBeError(400, "invalidSyntax");
        var found = await Client.GetAsync($"/Users?filter={Escape($"userName eq \"{userName}\"")}");
        found.At("totalResults").Should().Be("0");
    }

    [TestCase("\"urn:ietf:params:scim:schemas:core:2.0:User\",\"urn:example:unknown\"")]
    [TestCase("\"URN:IETF:params:scim:SCHEMAS:core:2.0:user\"")]
    [TestCase("\"urn:scim:schemas:core:2.0\"")]
    [TestCase("\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"")]
    [TestCase("\"urn:ietf:params:scim:schemas:core:2.0:User\",\"urn:ietf:params:scim:schemas:core:2.0:User\"")]
    public async Task Unknown_doubled_and_oddly_cased_urns_are_tolerated_and_answered_canonically(string urns)
    {
        var answer = await Client.PostAsync("/Users", $$"""{"schemas":[{{urns}}],"userName":"{{Some.UserName()}}"}""");

        answer.ShouldBe(201).At("schemas").Should().Be($"[\"{User}\"]");
    }

    [Test]
    public async Task The_id_and_meta_are_the_servers()
    {
        var user = await CreateUserAsync(
            $$$"""
            "id":"{{{Nobody}}}","meta":{"resourceType":"Group","created":"1999-01-01T00:00:00Z","location":"x","version":"y"},
            "groups":[{"value":"{{{Nobody}}}"}]
            """
        );

        Guid.TryParseExact(user.Id, "D", out _).Should().BeTrue();
        user.Id.Should().NotBe(Nobody);
        user.At("meta/resourceType").Should().Be("User");
        user.At("meta/lastModified").Should().Be(user.At("meta/created"));
        DateTimeOffset
            .Parse(user.At("meta/created")!, System.Globalization.CultureInfo.InvariantCulture)
            .Should()
            .BeCloseTo(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(5));
        user.At("meta/created").Should().MatchRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$");
        user.Names().Should().NotContain("groups");
    }

    [TestCase("/Users")]
    [TestCase("/Groups")]
    public async Task Location_and_version_are_those_of_the_headers(string endpoint)
    {
        var created = endpoint == "/Users" ? await CreateUserAsync() : await Client.PostAsync(endpoint, GroupBody());

        var read = await Client.GetAsync($"{endpoint}/{created.Id}");

        created.Header("Location").Should().Be($"{Server.BaseAddress}scim/v2{endpoint}/{created.Id}");
        created.At("meta/location").Should().Be(created.Header("Location"));
        created.At("meta/version").Should().StartWith("W/\"").And.Be(created.Header("ETag"));
        read.At("meta/version").Should().Be(read.Header("ETag")).And.Be(created.Header("ETag"));
        read.At("meta/location").Should().Be(created.Header("Location"));
    }

    [Test]
    public async Task The_id_survives_every_change()
    {
        var user = await CreateUserAsync();

        var put = await Client.PutAsync($"/Users/{user.Id}", UserBody($"\"id\":\"{Nobody}\""));
        var patched = await PatchUserAsync(user.Id, "\"op\":\"replace\",\"value\":{\"id\":\"x\",\"title\":\"t\"}");

        put.ShouldBe(200).Id.Should().Be(user.Id);
        patched.ShouldBe(200).Id.Should().Be(user.Id);
        patched.At("meta/created").Should().Be(user.At("meta/created"));
    }

    [TestCase("attributes=userName")]
    [TestCase("excludedAttributes=id,schemas")]
    public async Task The_id_and_schemas_are_always_returned(string query)
    {
        var user = await CreateUserAsync();

        var read = await Client.GetAsync($"/Users/{user.Id}?{query}");

        read.Names().Should().Contain(["id", "schemas"]);
    }

    [Test]
    public async Task The_externalId_is_the_clients_need_not_be_unique_and_is_case_exact()
    {
        var external = Guid.NewGuid().ToString("N") + "aB";
        var one = await CreateUserAsync($"\"externalId\":\"{external}\"");
        await CreateUserAsync($"\"externalId\":\"{external}\"");
        var without = await CreateUserAsync();

        one.At("externalId").Should().Be(external);
        without.Names().Should().NotContain("externalId");
        (await FindAsync($"externalId eq \"{external}\"")).Should().Be("2");
        (await FindAsync($"externalId eq \"{external.ToUpperInvariant()}\"")).Should().Be("0");

        using var other = await TestTenant.CreateAsync(Server);
        var elsewhere = await other.Client.GetAsync($"/Users?filter={Escape($"externalId eq \"{external}\"")}");
        elsewhere.At("totalResults").Should().Be("0");
    }

    private async Task<string?> FindAsync(string filter) =>
        (await Client.GetAsync($"/Users?filter={Escape(filter)}")).ShouldBe(200).At("totalResults");
}
