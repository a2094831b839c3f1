using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Errors;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7643;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7643 §7")]
[Property("Capability", "Attribute characteristics and extension schemas that a tenant adds at run time")]
internal sealed class CharacteristicTests(DatabaseKind database) : ProtocolFixture(database)
{
    private const string Badge = "urn:example:params:scim:schemas:extension:badge:2.0:User";
    private const string Site = "urn:example:params:scim:schemas:extension:site:2.0:Group";

    private const string BadgeSchema = $$"""
        {"id":"{{Badge}}","name":"Badge","description":"What a badge holds","attributes":[
         {"name":"bare"},
         {"name":"Code","type":"string","caseExact":true},
         {"name":"level","type":"integer"},
         {"name":"weight","type":"decimal"},
         {"name":"issued","type":"dateTime"},
         {"name":"lost","type":"boolean"},
         {"name":"chip","type":"binary"},
         {"name":"link","type":"reference","referenceTypes":["external"]},
         {"name":"serial","mutability":"immutable"},
         {"name":"hidden","returned":"request"},
         {"name":"secret","returned":"never"},
         {"name":"shown","returned":"always"},
         {"name":"tags","multiValued":true},
         {"name":"doors","type":"complex","multiValued":true,"subAttributes":[
           {"name":"value","required":true},{"name":"type"},{"name":"primary","type":"boolean"},{"name":"key","mutability":"immutable"}]}
        ]}
        """;

    protected override async Task PrepareAsync()
    {
        await AddSchemaAsync(BadgeSchema);
        await AddSchemaAsync(
            $$"""{"id":"{{Site}}","name":"Site","description":"Where","attributes":[{"name":"city"},{"name":"floors","type":"integer"}]}""",
            "Group"
        );
        await AddSchemaAsync(
            $$"""{"id":"{{User}}","name":"User","description":"More","attributes":[{"name":"shoeSize","type":"integer"}]}"""
        );
    }

    [Test]
    public async Task An_added_schema_is_announced_with_the_defaults_of_what_it_leaves_out()
    {
        var schema = await Client.GetAsync($"/Schemas/{Badge}");

        schema.ShouldBe(200).At("meta/resourceType").Should().Be("Schema");
        var bare = schema.Json.GetProperty("attributes").EnumerateArray().First();
        foreach (
            var (name, value) in new[]
            {
                ("type", "string"),
                ("multiValued", "False"),
                ("required", "False"),
                ("caseExact", "False"),
                ("mutability", "readWrite"),
                ("returned", "default"),
                ("uniqueness", "none"),
            }
        )
        {
            bare.TryGetProperty(name, out var given).Should().BeTrue(name);
            given.ToString().Should().Be(value, name);
        }

        var types = await Client.GetAsync("/ResourceTypes/User");
        types.Each("schemaExtensions", "schema").Should().BeEquivalentTo([Enterprise, Badge]);
        (await Client.GetAsync("/ResourceTypes/Group")).Each("schemaExtensions", "schema").Should().Equal(Site);
        (await Client.GetAsync($"/Schemas/{User}")).Each("attributes", "name").Should().Contain("shoeSize");
    }

    [Test]
    public async Task An_added_schema_is_the_tenants_own()
    {
        using var other = await TestTenant.CreateAsync(Server);

        (await other.Client.GetAsync($"/Schemas/{Badge}")).ShouldBeError(404);
        var user = await other.Client.PostAsync("/Users", UserBody(Worn("\"level\":1")));
        user.ShouldBe(201).Names().Should().NotContain(Badge);
    }

    [Test]
    public async Task Values_of_every_type_are_kept()
    {
        const string Values = """
            "Code":"aB","level":-5,"weight":1.5,"issued":"2026-01-02T03:04:05Z","lost":true,"chip":"TUlJQw==","link":"https://example.com/x","tags":["a","b"]
            """;

        var user = await CreateUserAsync(Worn(Values.Trim()));

        (await ReadAsync(user)).At(Badge).Should().Be($"{{{Values.Trim()}}}");
        user.At("schemas").Should().Be($"[\"{User}\",\"{Badge}\"]");
    }

    [TestCase("\"level\":1.5")]
    [TestCase("\"level\":1e3")]
    [TestCase("\"level\":9223372036854775808")]
    [TestCase("\"level\":true")]
    [TestCase("\"weight\":1e999")]
    [TestCase("\"weight\":{}")]
    [TestCase("\"issued\":\"2026-01-02\"")]
    [TestCase("\"issued\":\"yesterday\"")]
    [TestCase("\"issued\":5")]
    [TestCase("\"lost\":\"perhaps\"")]
    [TestCase("\"chip\":\"***\"")]
    [TestCase("\"tags\":[{}]")]
    [TestCase("\"tags\":[5]")]
    [TestCase("\"doors\":[{\"type\":\"x\"}]")]
    [TestCase("\"Code\":[\"a\",\"b\"]")]
    public async Task A_value_of_another_type_is_refused(string member) =>
        (await Client.PostAsync("/Users", UserBody(Worn(member)))).ShouldBeError(400, "invalidValue");

    [Test]
    public async Task An_added_attribute_of_the_core_schema_takes_part()
    {
        var user = await CreateUserAsync("\"shoesize\":44");

        user.At("shoeSize").Should().Be("44");
        (await FindAsync(user, "shoeSize gt 43")).Should().Be("1");
        (await FindAsync(user, $"{User}:shoeSize eq 45")).Should().Be("0");
    }

    [TestCase("Code eq \"aB\"", "1")]
    [TestCase("Code eq \"AB\"", "0")]
    [TestCase("bare eq \"XY\"", "1")]
    [TestCase("level gt 4 and level le 5", "1")]
    [TestCase("level ne 5", "0")]
    [TestCase("weight lt 1.6", "1")]
    [TestCase("issued eq \"2026-01-02T05:04:05+02:00\"", "1")]
    [TestCase("lost eq true", "1")]
    [TestCase("lost eq false", "0")]
    [TestCase("tags eq \"B\"", "1")]
    [TestCase("tags co \"c\"", "0")]
    [TestCase("doors.type eq \"front\"", "1")]
    [TestCase("hidden eq \"h\"", "1")]
    [TestCase("link pr", "0")]
    public async Task Filters_see_an_extension(string filter, string found)
    {
        var user = await CreateUserAsync(Worn(Everything));

        (
            await FindAsync(
                user,
                $"{Badge}:{filter.Replace(" and level", $" and {Badge}:level", StringComparison.Ordinal)}"
            )
        )
            .Should()
            .Be(found);
    }

    [TestCase("doors[type eq \"front\" and value eq \"1\"]", "1")]
    [TestCase("doors[type eq \"front\" and value eq \"2\"]", "0")]
    public async Task Value_paths_see_an_extension(string filter, string found)
    {
        var user = await CreateUserAsync(Worn(Everything));

        (await FindAsync(user, $"{Badge}:{filter}")).Should().Be(found);
    }

    [Test]
    public async Task Lists_sort_by_an_extension()
    {
        var prefix = Guid.NewGuid().ToString("N");
        foreach (var level in new[] { 10, 9, 100 })
        {
            await CreateUserAsync(Worn($"\"level\":{level}"), $"{prefix}{level}@example.com");
        }

        var list = await Client.GetAsync($"/Users?filter=userName%20sw%20%22{prefix}%22&sortBy={Badge}:level");

        list.Each("Resources", $"{Badge}/level").Should().Equal("9", "10", "100");
    }

    [Test]
    public async Task Answers_are_narrowed_to_a_part_of_an_extension()
    {
        var user = await CreateUserAsync(Worn(Everything));

        var one = await Client.GetAsync($"/Users/{user.Id}?attributes={Badge.ToUpperInvariant()}:LEVEL,userName");
        var less = await Client.GetAsync(
            $"/Users/{user.Id}?excludedAttributes={Badge}:level,{Badge}:shown,{Badge}:doors.type"
        );
        var none = await Client.GetAsync($"/Users/{user.Id}?excludedAttributes={Badge}");

        one.Names(Badge).Should().BeEquivalentTo("level", "shown");
        one.Names().Should().NotContain("meta");
        less.Names(Badge).Should().Contain("shown").And.NotContain("level");
        less.At($"{Badge}/doors/0/type").Should().BeNull();
        none.Names(Badge).Should().BeEquivalentTo("shown");
    }

    [Test]
    public async Task Returned_decides_what_an_answer_shows()
    {
        var created = await CreateUserAsync(Worn(Everything));

        var read = await ReadAsync(created);
        var asked = await Client.GetAsync($"/Users/{created.Id}?attributes={Badge}:hidden,{Badge}:secret");
        var whole = await Client.GetAsync($"/Users/{created.Id}?attributes={Badge}");
        var listed = await Client.GetAsync(
            $"/Users?filter={Escape($"userName eq \"{created.At("userName")}\"")}&attributes={Badge}:secret"
        );

        read.Names(Badge).Should().Contain("shown").And.NotContain(["hidden", "secret"]);
        asked.Names(Badge).Should().BeEquivalentTo("hidden", "shown");
        whole.Names(Badge).Should().Contain(["level", "shown"]).And.NotContain("secret");
        created.Text.Should().NotContain("\"secret\"");
        listed.Text.Should().NotContain("\"secret\"");
    }

    [Test]
    public async Task An_attribute_returned_on_request_is_answered_to_the_writer_who_sent_it()
    {
        var created = await CreateUserAsync(Worn("\"hidden\":\"h\""));
        var silent = await PatchUserAsync(created.Id, "\"op\":\"add\",\"path\":\"title\",\"value\":\"t\"");
        var patched = await PatchUserAsync(
            created.Id,
            $"\"op\":\"replace\",\"path\":\"{Badge}:hidden\",\"value\":\"i\""
        );

        silent.ShouldBe(200).At($"{Badge}/hidden").Should().BeNull();
        created.At($"{Badge}/hidden").Should().Be("h");
        patched.ShouldBe(200).At($"{Badge}/hidden").Should().Be("i");
    }

    [Test]
    public async Task An_immutable_attribute_is_set_once()
    {
        var user = await CreateUserAsync(userName: Some.UserName());
        var name = user.At("userName");

        var set = await PatchUserAsync(user.Id, $"\"op\":\"add\",\"path\":\"{Badge}:serial\",\"value\":\"1\"");
        var same = await Client.PutAsync($"/Users/{user.Id}", UserBody(Worn("\"serial\":\"1\""), name));
        var omitted = await Client.PutAsync($"/Users/{user.Id}", UserBody("", name));
        var put = await Client.PutAsync($"/Users/{user.Id}", UserBody(Worn("\"serial\":\"2\""), name));
        var patch = await PatchUserAsync(user.Id, $"\"op\":\"replace\",\"path\":\"{Badge}:serial\",\"value\":\"2\"");
        var removed = await PatchUserAsync(user.Id, $"\"op\":\"remove\",\"path\":\"{Badge}:serial\"");
        var again = await PatchUserAsync(user.Id, $"\"op\":\"replace\",\"path\":\"{Badge}:serial\",\"value\":\"1\"");

        set.ShouldBe(200).At($"{Badge}/serial").Should().Be("1");
        same.ShouldBe(200).Header("ETag").Should().Be(set.Header("ETag"));
        omitted.ShouldBe(200).At($"{Badge}/serial").Should().Be("1");
        put.ShouldBeError(400, "mutability").At("detail").Should().Contain("serial");
        patch.ShouldBeError(400, "mutability");
        removed.ShouldBeError(400, "mutability");
        again.ShouldBe(200).Header("ETag").Should().Be(set.Header("ETag"));
    }

    [Test]
    public async Task Patch_changes_an_extension()
    {
        var user = await CreateUserAsync(Worn(Everything));

        var patched = await PatchUserAsync(
            user.Id,
            $"\"op\":\"replace\",\"path\":\"{Badge}:level\",\"value\":6",
            $"\"op\":\"add\",\"path\":\"{Badge}:tags\",\"value\":[\"c\",\"a\"]",
            $"\"op\":\"remove\",\"path\":\"{Badge}:tags[value eq \\\"b\\\"]\"",
            $"\"op\":\"replace\",\"path\":\"{Badge}:doors[value eq \\\"2\\\"].type\",\"value\":\"side\"",
            $"\"op\":\"remove\",\"path\":\"{Badge}:weight\"",
            $$$"""
            "op":"add","value":{"{{{Badge}}}":{"lost":false}}
            """
        );

        patched.ShouldBe(200).At($"{Badge}/level").Should().Be("6");
        patched.At($"{Badge}/tags").Should().Be("""["a","c"]""");
        patched.At($"{Badge}/doors/1/type").Should().Be("side");
        patched.At($"{Badge}/weight").Should().BeNull();
        patched.At($"{Badge}/lost").Should().Be("false");
        patched.At($"{Badge}/Code").Should().Be("aB");
    }

    [Test]
    public async Task Groups_have_extensions_too()
    {
        var name = Some.Name();
        var group = await Client.PostAsync(
            "/Groups",
            GroupBody(
                $$"""
                "{{Site}}":{"city":"Bern","floors":3}
                """,
                name
            )
        );

        await PatchGroupAsync(group.Id, $"\"op\":\"replace\",\"path\":\"{Site}:floors\",\"value\":4");

        var found = await Client.GetAsync(
            $"/Groups?filter={Escape($"displayName eq \"{name}\" and {Site}:floors gt 3")}"
        );
        found.At("totalResults").Should().Be("1");
        found.At($"Resources/0/{Site}").Should().Be("""{"city":"Bern","floors":4}""");
    }

    [TestCase("\"type\":\"text\"")]
    [TestCase("\"type\":\"complex\"")]
    [TestCase(
        "\"type\":\"complex\",\"subAttributes\":[{\"name\":\"b\",\"type\":\"complex\",\"subAttributes\":[{\"name\":\"c\"}]}]"
    )]
    [TestCase("\"mutability\":\"sometimes\"")]
    [TestCase("\"multiValued\":\"yes\"")]
    [TestCase("\"name\":\"1a\"")]
    public async Task A_schema_that_the_rfc_does_not_allow_is_refused(string characteristic)
    {
        var name = characteristic.StartsWith("\"name\"", StringComparison.Ordinal) ? "" : "\"name\":\"a\",";

        var add = () =>
            AddSchemaAsync(
                $$"""{"id":"urn:example:bad:{{Guid.NewGuid():N}}","name":"Bad","attributes":[{ {{name}}{{characteristic}} }]}"""
            );

        (await add.Should().ThrowAsync<ScimException>()).Which.Error.Status.Should().Be(400);
    }

    [TestCase(User, "User", "userName")]
    [TestCase(User, "User", "META")]
    [TestCase(User, "Group", "colour")]
    [TestCase(Enterprise, "User", "Department")]
    [TestCase("urn:ietf:params:scim:schemas:core:2.0:Schema", "User", "colour")]
    [TestCase("urn:ietf:params:scim:api:messages:2.0:PatchOp", "User", "colour")]
    public async Task A_schema_of_the_rfc_is_not_redefined(string urn, string resourceType, string attribute)
    {
        var add = () =>
            AddSchemaAsync($$"""{"id":"{{urn}}","name":"X","attributes":[{"name":"{{attribute}}"}]}""", resourceType);

        (await add.Should().ThrowAsync<ScimException>()).Which.Error.Status.Should().Be(400);
    }

    private const string Everything =
        "\"Code\":\"aB\",\"bare\":\"xy\",\"level\":5,\"weight\":1.5,\"issued\":\"2026-01-02T03:04:05Z\",\"lost\":true,"
        + "\"tags\":[\"a\",\"b\"],\"hidden\":\"h\",\"secret\":\"s3cr3t\",\"shown\":\"s\","
        + "\"doors\":[{\"value\":\"1\",\"type\":\"front\"},{\"value\":\"2\",\"type\":\"back\"}]";

    private static string Worn(string attributes) => $"\"{Badge}\":{{{attributes}}}";

    private async Task<string?> FindAsync(ScimResponse user, string filter) =>
        (await Client.GetAsync($"/Users?filter={Escape($"userName eq \"{user.At("userName")}\" and {filter}")}"))
            .ShouldBe(200)
            .At("totalResults");
}
