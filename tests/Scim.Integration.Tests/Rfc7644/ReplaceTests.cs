using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7644;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §3.5.1")]
[Property("Capability", "PUT replaces users and groups")]
internal sealed class ReplaceTests(DatabaseKind database) : ProtocolFixture(database)
{
    [Test]
    public async Task What_a_put_omits_is_cleared()
    {
        var user = await CreateUserAsync(
            $$$"""
            "externalId":"x","title":"t","nickName":"n","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"a@example.com"}],
            "{{{Enterprise}}}":{"department":"p","manager":{"value":"m"}}
            """
        );

        var put = await Client.PutAsync(
            $"/Users/{user.Id}",
            UserBody("\"title\":\"t2\",\"name\":{\"givenName\":\"C\"}", user.At("userName"))
        );

        put.ShouldBe(200)
            .Names()
            .Should()
            .BeEquivalentTo("schemas", "id", "userName", "title", "name", "active", "meta");
        put.At("name").Should().Be("""{"givenName":"C"}""");
        put.At("schemas").Should().Be($"[\"{User}\"]");
        put.Header("ETag").Should().Be(put.At("meta/version")).And.NotBe(user.Header("ETag"));
        (await ReadAsync(user)).Text.Should().Be(put.Text);
    }

    [Test]
    public async Task Active_keeps_its_value()
    {
        var user = await CreateUserAsync("\"active\":false");

        var put = await Client.PutAsync($"/Users/{user.Id}", UserBody());
        var unassigned = await Client.PutAsync($"/Users/{user.Id}", UserBody("\"active\":null"));

        put.ShouldBe(200).At("active").Should().Be("false");
        unassigned.ShouldBe(200).At("active").Should().Be("false");
    }

    [Test]
    public async Task The_same_again_changes_nothing()
    {
        var user = await CreateUserAsync("\"title\":\"t\",\"emails\":[{\"value\":\"a@example.com\"}]");

        var put = await Client.PutAsync($"/Users/{user.Id}", user.Text);

        put.ShouldBe(200).Text.Should().Be(user.Text);
    }

    [TestCase("/Users")]
    [TestCase("/Groups")]
    public async Task A_put_never_creates(string endpoint)
    {
        var body = endpoint == "/Users" ? UserBody() : GroupBody();

        (await Client.PutAsync($"{endpoint}/{Nobody}", body)).ShouldBeError(404);
        (await Client.PutAsync($"{endpoint}/mine", body)).ShouldBeError(404);
    }

    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"]}", "invalidValue")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":null}", "invalidValue")]
    [TestCase("{\"userName\":\"x\"}", "invalidSyntax")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\"userName\":\"x\"}", "invalidSyntax")]
    [TestCase("[]", "invalidSyntax")]
    [TestCase("", "invalidSyntax")]
    public async Task A_body_that_is_no_user_changes_nothing(string body, string scimType)
    {
        var user = await CreateUserAsync();

        (await Client.PutAsync($"/Users/{user.Id}", body)).ShouldBeError(400, scimType);

        (await ReadAsync(user)).Text.Should().Be(user.Text);
    }

    [Test]
    public async Task A_put_of_a_user_leaves_its_memberships()
    {
        var user = await CreateUserAsync();
        var group = await CreateGroupAsync(user.Id);

        var put = await Client.PutAsync($"/Users/{user.Id}", UserBody("\"active\":false,\"groups\":[]"));

        put.ShouldBe(200).At("groups/0/value").Should().Be(group.Id);
        (await ReadAsync(group)).Count("members").Should().Be(1);
    }

    [Test]
    public async Task A_put_of_a_group_makes_its_members_exactly_those_given()
    {
        var (one, two, three) = (await CreateUserAsync(), await CreateUserAsync(), await CreateUserAsync());
        var group = await CreateGroupAsync(one.Id, two.Id);
        var name = group.At("displayName");

        var put = await Client.PutAsync(
            $"/Groups/{group.Id}",
            GroupBody(
                $$"""
                "externalId":"e","members":[{"value":"{{two.Id}}","display":null},{"value":"{{three.Id}}"}]
                """,
                name
            )
        );
        var cleared = await Client.PutAsync($"/Groups/{group.Id}", GroupBody("", name));

        put.ShouldBe(200).Each("members", "value").Should().BeEquivalentTo([two.Id, three.Id]);
        put.At("externalId").Should().Be("e");
        put.Header("ETag").Should().NotBe(group.Header("ETag"));
        cleared.ShouldBe(200).Names().Should().BeEquivalentTo("schemas", "id", "displayName", "meta");
        (await ReadAsync(one)).Names().Should().NotContain("groups");
    }

    [Test]
    public async Task The_same_group_again_changes_nothing()
    {
        var group = await CreateGroupAsync((await CreateUserAsync()).Id, (await CreateUserAsync()).Id);

        var put = await Client.PutAsync($"/Groups/{group.Id}", group.Text);

        put.ShouldBe(200).Text.Should().Be(group.Text);
    }

    [Test]
    public async Task A_refused_put_of_a_group_changes_neither_name_nor_members()
    {
        var group = await CreateGroupAsync((await CreateUserAsync()).Id);
        var other = await CreateGroupAsync();

        var unknown = await Client.PutAsync(
            $"/Groups/{group.Id}",
            GroupBody($"\"members\":[{{\"value\":\"{Nobody}\"}}]")
        );
        var taken = await Client.PutAsync(
            $"/Groups/{group.Id}",
            GroupBody("", other.At("displayName")!.ToUpperInvariant())
        );

        unknown.ShouldBeError(400, "invalidValue");
        taken.ShouldBeError(409, "uniqueness");
        (await ReadAsync(group)).Text.Should().Be(group.Text);
    }

    [Test]
    public async Task If_Match_guards_a_put()
    {
        var user = await CreateUserAsync();
        var put = await Client.PutAsync($"/Users/{user.Id}", UserBody(), ("If-Match", user.Header("ETag")));

        var stale = await Client.PutAsync($"/Users/{user.Id}", UserBody(), ("If-Match", user.Header("ETag")));
        var any = await Client.PutAsync($"/Users/{user.Id}", UserBody(), ("If-Match", "*"));

        put.ShouldBe(200);
        stale.ShouldBeError(412);
        any.ShouldBe(200);
    }
}

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §3.6")]
[Property("Capability", "DELETE removes users and groups and what refers to them")]
internal sealed class DeleteTests(DatabaseKind database) : ProtocolFixture(database)
{
    [TestCase("/Users")]
    [TestCase("/Groups")]
    public async Task A_deleted_resource_is_gone_for_everything(string endpoint)
    {
        var isUser = endpoint == "/Users";
        var created = isUser ? await CreateUserAsync() : await CreateGroupAsync();
        var name = isUser ? "userName" : "displayName";
        var body = isUser ? UserBody("", created.At(name)) : GroupBody("", created.At(name));
        var path = $"{endpoint}/{created.Id}";

        var deleted = await Client.DeleteAsync(path);

        deleted.ShouldBe(204).Text.Should().BeEmpty();
        (await Client.GetAsync(path)).ShouldBeError(404);
        (await Client.PutAsync(path, body)).ShouldBeError(404);
        (await Client.PatchAsync(path, Patch("\"op\":\"add\",\"path\":\"externalId\",\"value\":\"x\""))).ShouldBeError(
            404
        );
        (await Client.DeleteAsync(path)).ShouldBeError(404);
        (await Client.GetAsync($"{endpoint}?filter={Escape($"{name} eq \"{created.At(name)}\"")}"))
            .At("totalResults")
            .Should()
            .Be("0");
        var again = await Client.PostAsync(endpoint, body);
        again.ShouldBe(201).Id.Should().NotBe(created.Id);
    }

    [Test]
    public async Task A_deleted_user_has_left_all_groups()
    {
        var (leaver, stayer) = (await CreateUserAsync(), await CreateUserAsync());
        var group = await CreateGroupAsync(leaver.Id, stayer.Id);
        var outer = await CreateGroupAsync(group.Id);

        await Client.DeleteAsync($"/Users/{leaver.Id}");

        var read = await ReadAsync(group);
        read.Each("members", "value").Should().Equal(stayer.Id);
        read.Header("ETag").Should().NotBe(group.Header("ETag"));
        (await ReadAsync(outer)).Header("ETag").Should().Be(outer.Header("ETag"));
        var found = await Client.GetAsync($"/Groups?filter={Escape($"members eq \"{leaver.Id}\"")}");
        found.At("totalResults").Should().Be("0");
    }

    [Test]
    public async Task Deleting_a_group_leaves_its_users_and_nested_groups()
    {
        var user = await CreateUserAsync();
        var inner = await CreateGroupAsync(user.Id);
        var group = await CreateGroupAsync(inner.Id, user.Id);
        var outer = await CreateGroupAsync(group.Id);

        (await Client.DeleteAsync($"/Groups/{group.Id}")).ShouldBe(204);

        (await ReadAsync(user)).Each("groups", "value").Should().Equal(inner.Id);
        (await ReadAsync(inner)).ShouldBe(200).Each("members", "value").Should().Equal(user.Id);
        (await ReadAsync(outer)).Names().Should().NotContain("members");
    }

    [Test]
    public async Task A_deleted_manager_is_no_longer_resolved()
    {
        var manager = await CreateUserAsync("\"displayName\":\"Boss\"");
        var user = await CreateUserAsync(
            $$$"""
            "{{{Enterprise}}}":{"manager":{"value":"{{{manager.Id}}}"}}
            """
        );

        await Client.DeleteAsync($"/Users/{manager.Id}");

        (await ReadAsync(user)).At($"{Enterprise}/manager").Should().Be($$"""{"value":"{{manager.Id}}"}""");
    }

    [Test]
    public async Task Deactivation_keeps_memberships()
    {
        var user = await CreateUserAsync();
        var group = await CreateGroupAsync(user.Id);

        await PatchUserAsync(user.Id, "\"op\":\"replace\",\"path\":\"active\",\"value\":false");
        var back = await PatchUserAsync(user.Id, "\"op\":\"replace\",\"path\":\"active\",\"value\":true");

        back.At("groups/0/value").Should().Be(group.Id);
        (await ReadAsync(group)).At("members/0/value").Should().Be(user.Id);
    }

    [Test]
    public async Task If_Match_guards_a_deletion()
    {
        var user = await CreateUserAsync();

        (await Client.DeleteAsync($"/Users/{user.Id}", ("If-Match", "W/\"other\""))).ShouldBeError(412);
        (await Client.DeleteAsync($"/Users/{user.Id}", ("If-Match", user.Header("ETag")))).ShouldBe(204);
        (await Client.DeleteAsync($"/Users/{user.Id}", ("If-Match", "*"))).ShouldBeError(404);
    }
}
