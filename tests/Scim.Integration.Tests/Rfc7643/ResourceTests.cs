using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7643;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7643 §4.1")]
[Property("Capability", "The User resource with every attribute of the RFC")]
internal sealed class UserResourceTests(DatabaseKind database) : ProtocolFixture(database)
{
    [Test]
    public async Task Every_attribute_of_the_rfc_is_kept()
    {
        const string Attributes = """
            "name":{"formatted":"Ms. Barbara J Jensen, III","familyName":"Jensen","givenName":"Barbara","middleName":"Jane","honorificPrefix":"Ms.","honorificSuffix":"III"},"displayName":"Babs Jensen","nickName":"Babs","profileUrl":"https://login.example.com/bjensen","title":"Tour Guide","userType":"Employee","preferredLanguage":"en-US","locale":"en-US","timezone":"America/Los_Angeles","active":true,"emails":[{"value":"bjensen@example.com","display":"b","type":"work","primary":true},{"value":"babs@jensen.org","type":"home"}],"phoneNumbers":[{"value":"tel:+1-201-555-0123","type":"work"}],"ims":[{"value":"someaimhandle","type":"aim"}],"photos":[{"value":"https://photos.example.com/F","type":"photo"}],"addresses":[{"formatted":"100 Universal City Plaza\nHollywood, CA 91608 USA","streetAddress":"100 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US","type":"work","primary":true}],"entitlements":[{"value":"e","display":"d","type":"t","primary":true}],"roles":[{"value":"r","display":"d","type":"t","primary":true}],"x509Certificates":[{"value":"TUlJQw==","type":"x"}]
            """;

        var user = await CreateUserAsync(Attributes.Trim());

        var read = await ReadAsync(user);
        foreach (var sent in System.Text.Json.JsonElement.Parse($"{{{Attributes}}}").EnumerateObject())
        {
            var kept = read.Json.GetProperty(sent.Name);
            System.Text.Json.JsonElement.DeepEquals(kept, sent.Value).Should().BeTrue($"{sent.Name} is {kept}");
        }
    }

    [TestCase("")]
    [TestCase(",\"userName\":null")]
    [TestCase(",\"userName\":\"\"")]
    [TestCase(",\"userName\":\" \"")]
    public async Task A_userName_is_required(string member) =>
        (await Client.PostAsync("/Users", $$"""{"schemas":["{{User}}"]{{member}}}""")).ShouldBeError(
            400,
            "invalidValue"
        );

    [Test]
    public async Task A_userName_is_taken_in_any_case_within_its_tenant()
    {
        var name = Some.UserName();
        await CreateUserAsync(userName: name);

        var again = await Client.PostAsync("/Users", UserBody(userName: name.ToUpperInvariant()));
        using var other = await TestTenant.CreateAsync(Server);
        var elsewhere = await other.Client.PostAsync("/Users", UserBody(userName: name));

        again.ShouldBeError(409, "uniqueness").At("detail").Should().Contain("userName");
        elsewhere.ShouldBe(201);
    }

    [Test]
    public async Task A_change_to_a_taken_userName_is_refused_and_to_another_case_is_not()
    {
        var taken = (await CreateUserAsync()).At("userName")!;
        var user = await CreateUserAsync();
        var own = user.At("userName")!;

        var put = await Client.PutAsync($"/Users/{user.Id}", UserBody(userName: taken.ToUpperInvariant()));
        var patch = await PatchUserAsync(user.Id, $"\"op\":\"replace\",\"path\":\"userName\",\"value\":\"{taken}\"");
        var recased = await PatchUserAsync(
            user.Id,
            $"\"op\":\"replace\",\"path\":\"userName\",\"value\":\"{own.ToUpperInvariant()}\""
        );

        put.ShouldBeError(409, "uniqueness");
        patch.ShouldBeError(409, "uniqueness");
        recased.ShouldBe(200).At("userName").Should().Be(own.ToUpperInvariant());
    }

    [Test]
    public async Task Active_is_true_when_a_creation_leaves_it_out() =>
        (await CreateUserAsync()).At("active").Should().Be("true");

    [Test]
    public async Task Groups_are_derived_direct_and_indirect_and_lead_to_the_group()
    {
        var user = await CreateUserAsync();
        var inner = await CreateGroupAsync(user.Id);
        var outer = await CreateGroupAsync(inner.Id);

        var read = await ReadAsync(user);

        read.Each("groups", "value").Should().BeEquivalentTo([inner.Id, outer.Id]);
        for (var i = 0; i < 2; i++)
        {
            var group = read.At($"groups/{i}/value") == inner.Id ? inner : outer;
            read.At($"groups/{i}/type").Should().Be(group.Id == inner.Id ? "direct" : "indirect");
            read.At($"groups/{i}/display").Should().Be(group.At("displayName"));
            read.At($"groups/{i}/$ref").Should().Be(group.At("meta/location"));
        }
    }

    [Test]
    public async Task Groups_are_ignored_in_bodies_and_refused_as_a_path()
    {
        var user = await CreateUserAsync();
        var group = await CreateGroupAsync(user.Id);

        var put = await Client.PutAsync($"/Users/{user.Id}", UserBody("\"groups\":[]"));
        var key = await PatchUserAsync(user.Id, "\"op\":\"replace\",\"value\":{\"groups\":[]}");
        var path = await PatchUserAsync(user.Id, "\"op\":\"replace\",\"path\":\"groups\",\"value\":[]");

        put.ShouldBe(200).At("groups/0/value").Should().Be(group.Id);
        key.ShouldBe(200).At("groups/0/value").Should().Be(group.Id);
        path.ShouldBeError(400, "mutability");
    }
}

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7643 §4.2")]
[Property("Capability", "The Group resource with users and nested groups as members")]
internal sealed class GroupResourceTests(DatabaseKind database) : ProtocolFixture(database)
{
    [TestCase("")]
    [TestCase(",\"displayName\":null")]
    [TestCase(",\"displayName\":\"\"")]
    public async Task A_displayName_is_required(string member) =>
        (await Client.PostAsync("/Groups", $$"""{"schemas":["{{Group}}"]{{member}}}""")).ShouldBeError(
            400,
            "invalidValue"
        );

    [Test]
    public async Task A_displayName_is_taken_in_any_case()
    {
        var name = Some.Name();
        (await Client.PostAsync("/Groups", Some.Group(name))).ShouldBe(201);

        var again = await Client.PostAsync("/Groups", Some.Group(name.ToUpperInvariant()));

        again.ShouldBeError(409, "uniqueness").At("detail").Should().Contain("displayName");
    }

    [Test]
    public async Task What_a_member_shows_is_filled_in_from_its_value()
    {
        var user = await CreateUserAsync("\"displayName\":\"Ann\"");
        var inner = await CreateGroupAsync();

        var group = await Client.PostAsync(
            "/Groups",
            GroupBody(
                $$"""
                "members":[{"value":"{{user.Id}}","display":"forged","type":"Group","$ref":"https://example.com/x"},
                           {"value":"{{inner.Id}}","$ref":null,"displayName":"x"}]
                """
            )
        );

        group.ShouldBe(201).Count("members").Should().Be(2);
        var users = group.Each("members", "value").ToList().IndexOf(user.Id);
        group.At($"members/{users}/display").Should().Be("Ann");
        group.At($"members/{users}/type").Should().Be("User");
        group.At($"members/{users}/$ref").Should().Be(user.At("meta/location"));
        group.At($"members/{1 - users}/type").Should().Be("Group");
        group.At($"members/{1 - users}/display").Should().Be(inner.At("displayName"));
        group.At($"members/{1 - users}/$ref").Should().Be(inner.At("meta/location"));
    }

    [TestCase(Nobody)]
    [TestCase("no-id")]
    [TestCase("")]
    public async Task Unknown_members_are_refused(string id)
    {
        var group = await CreateGroupAsync();
        var members = $$"""[{"value":"{{id}}"}]""";

        var post = await Client.PostAsync("/Groups", GroupBody($"\"members\":{members}"));
        var put = await Client.PutAsync($"/Groups/{group.Id}", GroupBody($"\"members\":{members}"));
        var patch = await PatchGroupAsync(group.Id, $"\"op\":\"add\",\"path\":\"members\",\"value\":{members}");

        post.ShouldBeError(400, "invalidValue");
        put.ShouldBeError(400, "invalidValue");
        patch.ShouldBeError(400, "invalidValue");
        (await ReadAsync(group)).Header("ETag").Should().Be(group.Header("ETag"));
    }

    [Test]
    public async Task A_member_of_another_tenant_is_refused_like_an_unknown_one()
    {
        using var other = await TestTenant.CreateAsync(Server);
        var foreign = await other.Client.PostAsync("/Users", Some.User());

        var post = await Client.PostAsync("/Groups", Some.Group(null, foreign.Id));

        var unknown = await Client.PostAsync("/Groups", Some.Group(null, Nobody));
        post.ShouldBeError(400, "invalidValue");
        post.At("detail")!
            .Replace(foreign.Id, "", StringComparison.Ordinal)
            .Should()
            .Be(unknown.At("detail")!.Replace(Nobody, "", StringComparison.Ordinal));
    }

    [Test]
    public async Task A_member_given_twice_is_in_once()
    {
        var user = await CreateUserAsync();

        (await CreateGroupAsync(user.Id, user.Id, user.Id.ToUpperInvariant())).Count("members").Should().Be(1);
    }

    [Test]
    public async Task Groups_may_form_a_circle()
    {
        var one = await CreateGroupAsync();
        var two = await CreateGroupAsync(one.Id);
        var user = await CreateUserAsync();

        var closed = await PatchGroupAsync(
            one.Id,
            $$"""
            "op":"add","path":"members","value":[{"value":"{{two.Id}}"},{"value":"{{user.Id}}"}]
            """
        );

        closed.ShouldBe(204);
        (await ReadAsync(user)).Each("groups", "value").Should().BeEquivalentTo([one.Id, two.Id]);
    }

    [Test]
    public async Task The_value_of_a_member_is_immutable()
    {
        var user = await CreateUserAsync();
        var group = await CreateGroupAsync(user.Id);

        var patch = await PatchGroupAsync(
            group.Id,
            $$"""
            "op":"replace","path":"members[value eq \"{{user.Id}}\"].value","value":"{{(await CreateUserAsync()).Id}}"
            """
        );

        patch.ShouldBeError(400, "mutability");
    }

    [Test]
    public async Task The_version_changes_with_the_members()
    {
        var user = await CreateUserAsync();
        var group = await CreateGroupAsync();

        await PatchGroupAsync(group.Id, $"\"op\":\"add\",\"path\":\"members\",\"value\":[{{\"value\":\"{user.Id}\"}}]");

        var read = await ReadAsync(group);
        read.Header("ETag").Should().NotBe(group.Header("ETag"));
        read.At("meta/version").Should().Be(read.Header("ETag"));
    }
}

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7643 §4.3")]
[Property("Capability", "The enterprise user extension")]
internal sealed class EnterpriseUserTests(DatabaseKind database) : ProtocolFixture(database)
{
    [Test]
    public async Task Every_attribute_of_the_rfc_is_kept_under_the_urn()
    {
        var user = await CreateUserAsync(
            $$$"""
            "{{{Enterprise}}}":{"employeeNumber":"1","costCenter":"c","organization":"o","division":"d","department":"p"}
            """
        );

        user.At(Enterprise)
            .Should()
            .Be("""{"employeeNumber":"1","costCenter":"c","organization":"o","division":"d","department":"p"}""");
        user.At("schemas").Should().Be($"[\"{User}\",\"{Enterprise}\"]");
    }

    [Test]
    public async Task A_manager_who_is_a_user_gets_ref_and_displayName()
    {
        var manager = await CreateUserAsync("\"displayName\":\"Boss\"");

        var user = await CreateUserAsync(Managed($$"""{"value":"{{manager.Id}}","displayName":"forged"}"""));

        user.At($"{Enterprise}/manager/value").Should().Be(manager.Id);
        user.At($"{Enterprise}/manager/displayName").Should().Be("Boss");
        user.At($"{Enterprise}/manager/$ref").Should().Be(manager.At("meta/location"));
    }

    [TestCase("26118915-6090-4610-87e4-49d8ca9f808d")]
    [TestCase("a client's own id")]
    public async Task A_manager_who_is_no_user_is_kept_as_sent(string id)
    {
        var user = await CreateUserAsync(Managed($$"""{"value":"{{id}}"}"""));

        user.At($"{Enterprise}/manager").Should().Be($$"""{"value":"{{id}}"}""");
    }

    [TestCase("\"{0}\"")]
    [TestCase("[{{\"value\":\"{0}\"}}]")]
    [TestCase("{{\"managerId\":\"{0}\"}}")]
    [TestCase("{{\"value\":\"{0}\",\"$ref\":null}}")]
    public async Task A_manager_in_the_forms_that_clients_send_is_answered_as_an_object(string form)
    {
        var manager = await CreateUserAsync();

        var user = await CreateUserAsync(
            Managed(string.Format(System.Globalization.CultureInfo.InvariantCulture, form, manager.Id))
        );

        user.At($"{Enterprise}/manager/value").Should().Be(manager.Id);
    }

    [Test]
    public async Task An_attribute_of_the_extension_at_top_level_is_not_taken_for_it()
    {
        var user = await CreateUserAsync("\"employeeNumber\":\"7\"");

        user.At("schemas").Should().Be($"[\"{User}\"]");
        user.Names().Should().NotContain(["employeeNumber", Enterprise]);
    }

    [Test]
    public async Task Removing_by_the_urn_clears_the_extension()
    {
        var user = await CreateUserAsync(
            $$"""
            "{{Enterprise}}":{"department":"p"}
            """
        );

        var patched = await PatchUserAsync(user.Id, $"\"op\":\"remove\",\"path\":\"{Enterprise}\"");

        patched.ShouldBe(200).Names().Should().NotContain(Enterprise);
        patched.At("schemas").Should().Be($"[\"{User}\"]");
    }

    private static string Managed(string manager) =>
        $$"""
            "{{Enterprise}}":{"manager":{{manager}}}
            """;
}
