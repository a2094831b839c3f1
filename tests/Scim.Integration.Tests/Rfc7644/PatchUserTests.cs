using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7644;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §3.5.2")]
[Property("Capability", "PATCH of users: every operation and path, atomic, and a no-op changes nothing")]
internal sealed class PatchUserTests(DatabaseKind database) : ProtocolFixture(database)
{
    private const string Person = """
        "title":"t","name":{"givenName":"A","familyName":"B"},
        "emails":[{"value":"w@example.com","type":"work","display":"W","primary":true},{"value":"h@example.com","type":"home"}],
        "addresses":[{"type":"work","locality":"Bern"},{"type":"home","locality":"Basel"}]
        """;

    // path of the answer, and the value expected there
    [TestCase("\"op\":\"add\",\"path\":\"nickName\",\"value\":\"n\"", "nickName", "n")]
    [TestCase("\"op\":\"add\",\"path\":\"title\",\"value\":\"u\"", "title", "u")]
    [TestCase(
        "\"op\":\"add\",\"path\":\"name\",\"value\":{\"middleName\":\"M\"}",
        "name",
        "{\"familyName\":\"B\",\"givenName\":\"A\",\"middleName\":\"M\"}"
    )]
    [TestCase("\"op\":\"add\",\"path\":\"name.honorificPrefix\",\"value\":\"Dr\"", "name/honorificPrefix", "Dr")]
    [TestCase(
        "\"op\":\"add\",\"path\":\"emails\",\"value\":[{\"value\":\"x@example.com\"}]",
        "emails/2/value",
        "x@example.com"
    )]
    [TestCase(
        "\"op\":\"add\",\"path\":\"emails[type eq \\\"home\\\"].display\",\"value\":\"H\"",
        "emails/1/display",
        "H"
    )]
    [TestCase(
        "\"op\":\"add\",\"path\":\"urn:ietf:params:scim:schemas:core:2.0:User:title\",\"value\":\"u\"",
        "title",
        "u"
    )]
    [TestCase(
        "\"op\":\"add\",\"path\":\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department\",\"value\":\"R\"",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/department",
        "R"
    )]
    [TestCase(
        "\"op\":\"add\",\"path\":\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\",\"value\":{\"division\":\"D\"}",
        "schemas/1",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    )]
    [TestCase(
        "\"op\":\"add\",\"value\":{\"nickName\":\"n\",\"emails\":[{\"value\":\"x@example.com\"}]}",
        "emails/2/value",
        "x@example.com"
    )]
    [TestCase("\"op\":\"replace\",\"path\":\"title\",\"value\":\"u\"", "title", "u")]
    [TestCase("\"op\":\"replace\",\"path\":\"nickName\",\"value\":\"n\"", "nickName", "n")]
    [TestCase("\"op\":\"replace\",\"path\":\"TITLE\",\"value\":\"u\"", "title", "u")]
    [TestCase(
        "\"op\":\"replace\",\"path\":\"name\",\"value\":{\"givenName\":\"C\"}",
        "name",
        "{\"familyName\":\"B\",\"givenName\":\"C\"}"
    )]
    [TestCase("\"op\":\"replace\",\"path\":\"NAME.GIVENNAME\",\"value\":\"C\"", "name/givenName", "C")]
    [TestCase(
        "\"op\":\"replace\",\"path\":\"emails\",\"value\":[{\"value\":\"x@example.com\"}]",
        "emails",
        "[{\"value\":\"x@example.com\"}]"
    )]
    [TestCase(
        "\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"]\",\"value\":{\"value\":\"x@example.com\"}",
        "emails/0",
        "{\"value\":\"x@example.com\"}"
    )]
    [TestCase(
        "\"op\":\"replace\",\"path\":\"addresses[type eq \\\"work\\\"].streetAddress\",\"value\":\"S\"",
        "addresses/0/streetAddress",
        "S"
    )]
    [TestCase(
        "\"op\":\"replace\",\"path\":\"addresses[type eq \\\"work\\\" or type eq \\\"home\\\"].locality\",\"value\":\"S\"",
        "addresses/1/locality",
        "S"
    )]
    [TestCase("\"op\":\"replace\",\"path\":\"emails.display\",\"value\":\"all\"", "emails/1/display", "all")]
    [TestCase(
        "\"op\":\"replace\",\"value\":{\"title\":\"u\",\"emails\":[{\"value\":\"x@example.com\"}]}",
        "emails",
        "[{\"value\":\"x@example.com\"}]"
    )]
    [TestCase("\"op\":\"replace\",\"value\":{\"nickName\":\"n\"}", "title", "t")]
    [TestCase("\"op\":\"replace\",\"path\":\"title\",\"value\":null", "title", null)]
    [TestCase("\"op\":\"replace\",\"path\":\"title\",\"value\":\"\"", "title", null)]
    [TestCase("\"op\":\"replace\",\"path\":\"emails\",\"value\":[]", "emails", null)]
    [TestCase("\"op\":\"replace\",\"path\":\"active\",\"value\":\"False\"", "active", "false")]
    [TestCase("\"op\":\"remove\",\"path\":\"title\"", "title", null)]
    [TestCase("\"op\":\"remove\",\"path\":\"name.givenName\"", "name", "{\"familyName\":\"B\"}")]
    [TestCase("\"op\":\"remove\",\"path\":\"name\"", "name", null)]
    [TestCase("\"op\":\"remove\",\"path\":\"emails\"", "emails", null)]
    [TestCase(
        "\"op\":\"remove\",\"path\":\"emails[type eq \\\"work\\\"]\"",
        "emails",
        "[{\"value\":\"h@example.com\",\"type\":\"home\"}]"
    )]
    [TestCase("\"op\":\"remove\",\"path\":\"emails[type eq \\\"work\\\"].display\"", "emails/0/display", null)]
    [TestCase(
        "\"op\":\"remove\",\"path\":\"emails[type eq \\\"work\\\" and value ew \\\"example.com\\\"]\"",
        "emails/0/value",
        "h@example.com"
    )]
    [TestCase("\"op\":\"remove\",\"path\":\"emails[value co \\\"example\\\"]\"", "emails", null)]
    [TestCase(
        "\"op\":\"remove\",\"path\":\"emails\",\"value\":[{\"value\":\"w@example.com\"}]",
        "emails/0/value",
        "h@example.com"
    )]
    [TestCase("\"op\":\"Add\",\"path\":\"nickName\",\"value\":\"n\"", "nickName", "n")]
    [TestCase("\"OP\":\"REPLACE\",\"PATH\":\"title\",\"VALUE\":\"u\"", "title", "u")]
    [TestCase(
        "\"op\":\"replace\",\"path\":\"phoneNumbers[type eq \\\"mobile\\\"].value\",\"value\":\"1\"",
        "phoneNumbers",
        "[{\"value\":\"1\",\"type\":\"mobile\"}]"
    )]
    [TestCase(
        "\"op\":\"add\",\"path\":\"roles[primary eq \\\"True\\\"].value\",\"value\":\"r\"",
        "roles",
        "[{\"value\":\"r\",\"primary\":true}]"
    )]
    [TestCase(
        "\"op\":\"replace\",\"value\":{\"name.givenName\":\"C\",\"emails[type eq \\\"home\\\"].value\":\"x@example.com\"}",
        "emails/1/value",
        "x@example.com"
    )]
    [TestCase(
        "\"op\":\"add\",\"value\":{\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department\":\"R\"}",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/department",
        "R"
    )]
    [TestCase("\"op\":\"add\",\"path\":\"urn:example:unregistered:2.0:User:x\",\"value\":\"v\"", "title", "t")]
    [TestCase(
        "\"op\":\"add\",\"path\":\"manager\",\"value\":\"m\"",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/manager/value",
        "m"
    )]
    public async Task An_operation_takes_effect(string operation, string path, string? expected)
    {
        var user = await CreateUserAsync(Person);

        var patched = await PatchUserAsync(user.Id, operation);

        patched.ShouldBe(200).At(path).Should().Be(expected, patched.Text);
        patched.Header("ETag").Should().Be(patched.At("meta/version"));
        (await ReadAsync(user)).Text.Should().Be(patched.Text);
    }

    [TestCase("\"op\":\"move\",\"path\":\"title\",\"value\":\"x\"", "invalidSyntax")]
    [TestCase("\"path\":\"title\",\"value\":\"x\"", "invalidSyntax")]
    [TestCase("\"op\":5,\"path\":\"title\",\"value\":\"x\"", "invalidSyntax")]
    [TestCase("\"op\":null,\"path\":\"title\",\"value\":\"x\"", "invalidSyntax")]
    [TestCase("\"op\":\"add\",\"op\":\"remove\",\"path\":\"title\",\"value\":\"x\"", "invalidSyntax")]
    [TestCase("\"op\":\"add\",\"path\":5,\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"emails[\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"emails]\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"emails[0]\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"emails[type regex \\\"x\\\"].value\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"emails[type eq \\\"work\\\"]value\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"emails[type eq \\\"work\\\"].\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"emails[type eq \\\"work\\\"].colour\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"name..givenName\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"name.givenName.x\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"1name\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"colour\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"name.colour\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"title[value eq \\\"x\\\"]\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\" \",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"add\",\"path\":\"title\"", "invalidValue")]
    [TestCase("\"op\":\"replace\",\"path\":\"title\"", "invalidValue")]
    [TestCase("\"op\":\"add\"", "invalidValue")]
    [TestCase("\"op\":\"add\",\"value\":\"x\"", "invalidValue")]
    [TestCase("\"op\":\"replace\",\"value\":[]", "invalidValue")]
    [TestCase("\"op\":\"replace\",\"path\":\"title\",\"value\":5", "invalidValue")]
    [TestCase("\"op\":\"replace\",\"path\":\"name\",\"value\":\"x\"", "invalidValue")]
    [TestCase("\"op\":\"replace\",\"path\":\"active\",\"value\":\"perhaps\"", "invalidValue")]
    [TestCase("\"op\":\"replace\",\"path\":\"active\",\"value\":null", "invalidValue")]
    [TestCase("\"op\":\"replace\",\"path\":\"userName\",\"value\":\"\"", "invalidValue")]
    [TestCase("\"op\":\"replace\",\"path\":\"userName\",\"value\":null", "invalidValue")]
    [TestCase("\"op\":\"replace\",\"value\":{\"userName\":null}", "invalidValue")]
    [TestCase("\"op\":\"add\",\"path\":\"emails\",\"value\":5", "invalidValue")]
    [TestCase("\"op\":\"remove\"", "noTarget")]
    [TestCase("\"op\":\"remove\",\"path\":\"\"", "noTarget")]
    [TestCase("\"op\":\"remove\",\"value\":{\"title\":\"t\"}", "noTarget")]
    [TestCase("\"op\":\"replace\",\"path\":\"emails[type eq \\\"x\\\"]\",\"value\":{\"value\":\"x\"}", "noTarget")]
    [TestCase("\"op\":\"replace\",\"path\":\"emails[type co \\\"x\\\"].value\",\"value\":\"x\"", "noTarget")]
    [TestCase(
        "\"op\":\"replace\",\"path\":\"emails[type eq \\\"x\\\" or type eq \\\"y\\\"].value\",\"value\":\"x\"",
        "noTarget"
    )]
    [TestCase(
        "\"op\":\"replace\",\"path\":\"emails[not (type eq \\\"work\\\" or type eq \\\"home\\\")].value\",\"value\":\"x\"",
        "noTarget"
    )]
    [TestCase("\"op\":\"remove\",\"path\":\"userName\"", "mutability")]
    [TestCase("\"op\":\"remove\",\"path\":\"id\"", "mutability")]
    [TestCase("\"op\":\"replace\",\"path\":\"id\",\"value\":\"x\"", "mutability")]
    [TestCase("\"op\":\"replace\",\"path\":\"meta.created\",\"value\":\"2020-01-01T00:00:00Z\"", "mutability")]
    [TestCase("\"op\":\"add\",\"path\":\"meta\",\"value\":{}", "mutability")]
    [TestCase("\"op\":\"replace\",\"path\":\"schemas\",\"value\":[]", "mutability")]
    [TestCase("\"op\":\"add\",\"path\":\"groups\",\"value\":[]", "mutability")]
    [TestCase("\"op\":\"remove\",\"path\":\"groups[value eq \\\"x\\\"]\"", "mutability")]
    [TestCase("\"op\":\"replace\",\"path\":\"groups.display\",\"value\":\"x\"", "mutability")]
    public async Task A_wrong_operation_is_refused_and_undoes_those_before_it(string operation, string scimType)
    {
        var user = await CreateUserAsync(Person);

        var patched = await PatchUserAsync(
            user.Id,
            "\"op\":\"replace\",\"path\":\"title\",\"value\":\"undone\"",
            operation
        );

        patched.ShouldBeError(400, scimType);
        (await ReadAsync(user)).Text.Should().Be(user.Text);
    }

    [TestCase("\"op\":\"remove\",\"path\":\"active\"")]
    public async Task Active_cannot_be_removed(string operation)
    {
        var user = await CreateUserAsync();

        (await PatchUserAsync(user.Id, operation)).Status.Should().Be(400);
        (await ReadAsync(user)).Text.Should().Be(user.Text);
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("5")]
    [TestCase("null")]
    [TestCase("{}")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"]}")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[]}")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":null}")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":5}")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[5]}")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[null]}")]
    [TestCase(
        "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"Operations\":[{\"op\":\"add\",\"path\":\"title\",\"value\":\"x\"}]}"
    )]
    [TestCase("{\"Operations\":[{\"op\":\"add\",\"path\":\"title\",\"value\":\"x\"}]}")]
    [TestCase("{\"schemas\":[],\"Operations\":[{\"op\":\"add\",\"path\":\"title\",\"value\":\"x\"}]}")]
    public async Task A_body_that_is_no_patch_is_refused(string body)
    {
        var user = await CreateUserAsync();

        (await Client.PatchAsync($"/Users/{user.Id}", body)).ShouldBeError(400, "invalidSyntax");

        (await ReadAsync(user)).Text.Should().Be(user.Text);
    }

    [TestCase("\"op\":\"replace\",\"path\":\"title\",\"value\":\"t\"")]
    [TestCase("\"op\":\"add\",\"path\":\"emails\",\"value\":[{\"value\":\"h@example.com\",\"type\":\"home\"}]")]
    [TestCase("\"op\":\"add\",\"path\":\"name\",\"value\":{\"givenName\":\"A\"}")]
    [TestCase("\"op\":\"replace\",\"path\":\"active\",\"value\":true")]
    [TestCase("\"op\":\"remove\",\"path\":\"nickName\"")]
    [TestCase("\"op\":\"remove\",\"path\":\"emails[type eq \\\"other\\\"]\"")]
    [TestCase("\"op\":\"remove\",\"path\":\"emails[type eq \\\"other\\\"].display\"")]
    [TestCase("\"op\":\"remove\",\"path\":\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"")]
    [TestCase(
        "\"op\":\"replace\",\"value\":{\"id\":\"x\",\"meta\":{},\"groups\":[],\"schemas\":[],\"colour\":\"red\"}"
    )]
    [TestCase("\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"w@example.com\"")]
    public async Task An_operation_without_effect_keeps_version_and_time(string operation)
    {
        var user = await CreateUserAsync(Person);

        var patched = await PatchUserAsync(user.Id, operation);

        patched.ShouldBe(200).Text.Should().Be(user.Text);
        patched.Header("ETag").Should().Be(user.Header("ETag"));
    }

    [Test]
    public async Task Each_operation_sees_what_the_one_before_it_made()
    {
        var user = await CreateUserAsync();

        var patched = await PatchUserAsync(
            user.Id,
            "\"op\":\"add\",\"path\":\"emails\",\"value\":[{\"value\":\"a@example.com\",\"type\":\"work\"}]",
            "\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"b@example.com\"",
            "\"op\":\"add\",\"path\":\"nickName\",\"value\":\"n\"",
            "\"op\":\"remove\",\"path\":\"nickName\"",
            "\"op\":\"add\",\"path\":\"addresses[type eq \\\"work\\\"].locality\",\"value\":\"Bern\"",
            "\"op\":\"add\",\"path\":\"addresses[type eq \\\"work\\\"].country\",\"value\":\"CH\""
        );

        patched.ShouldBe(200).At("emails").Should().Be("""[{"value":"b@example.com","type":"work"}]""");
        patched.Names().Should().NotContain("nickName");
        patched.At("addresses").Should().Be("""[{"locality":"Bern","country":"CH","type":"work"}]""");
    }

    [TestCase(
        "\"op\":\"add\",\"path\":\"emails\",\"value\":[{\"value\":\"x@example.com\",\"primary\":true}]",
        "false,,true"
    )]
    [TestCase("\"op\":\"replace\",\"path\":\"emails[type eq \\\"home\\\"].primary\",\"value\":true", "false,true")]
    [TestCase("\"op\":\"replace\",\"path\":\"emails[type eq \\\"home\\\"].primary\",\"value\":\"True\"", "false,true")]
    [TestCase(
        "\"op\":\"replace\",\"path\":\"emails\",\"value\":[{\"value\":\"x@example.com\",\"primary\":true},{\"value\":\"y@example.com\",\"primary\":true}]",
        "false,true"
    )]
    public async Task A_new_primary_clears_the_old_one(string operation, string primaries)
    {
        var user = await CreateUserAsync(Person);

        var patched = await PatchUserAsync(user.Id, operation);

        string.Join(',', patched.ShouldBe(200).Each("emails", "primary")).Should().Be(primaries);
    }

    [Test]
    public async Task The_last_value_removed_unassigns_the_extension_and_its_urn()
    {
        var user = await CreateUserAsync();
        var path = $"{Enterprise}:employeeNumber";

        var added = await PatchUserAsync(user.Id, $"\"op\":\"add\",\"path\":\"{path}\",\"value\":\"1\"");
        var removed = await PatchUserAsync(user.Id, $"\"op\":\"remove\",\"path\":\"{path}\"");

        added.ShouldBe(200).At("schemas").Should().Be($"[\"{User}\",\"{Enterprise}\"]");
        removed.ShouldBe(200).At("schemas").Should().Be($"[\"{User}\"]");
        removed.Names().Should().NotContain(Enterprise);
    }

    [TestCase("\"\"")]
    [TestCase("null")]
    [TestCase("{\"value\":\"\"}")]
    public async Task A_manager_is_cleared(string nothing)
    {
        var user = await CreateUserAsync(
            $$$"""
            "{{{Enterprise}}}":{"manager":{"value":"m"}}
            """
        );

        var patched = await PatchUserAsync(
            user.Id,
            $"\"op\":\"replace\",\"path\":\"{Enterprise}:manager\",\"value\":{nothing}"
        );

        patched.ShouldBe(200).Names().Should().NotContain(Enterprise);
    }

    [Test]
    public async Task A_change_moves_version_and_time()
    {
        var user = await CreateUserAsync();
        await Task.Delay(5);

        var patched = await PatchUserAsync(user.Id, "\"op\":\"add\",\"path\":\"title\",\"value\":\"t\"");

        patched.Header("ETag").Should().NotBe(user.Header("ETag"));
        string.CompareOrdinal(patched.At("meta/lastModified"), user.At("meta/lastModified")).Should().BePositive();
        patched.At("meta/created").Should().Be(user.At("meta/created"));
    }

    [Test]
    public async Task If_Match_guards_a_patch()
    {
        var user = await CreateUserAsync();
        var body = Patch("\"op\":\"add\",\"path\":\"title\",\"value\":\"t\"");

        var first = await Client.PatchAsync($"/Users/{user.Id}", body, ("If-Match", user.Header("ETag")));
        var stale = await Client.PatchAsync($"/Users/{user.Id}", body, ("If-Match", user.Header("ETag")));

        first.ShouldBe(200);
        stale.ShouldBeError(412);
    }
}
