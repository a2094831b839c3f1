using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7644;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §3.5.2")]
[Property("Capability", "PATCH of groups and their members, answered 204")]
internal sealed class PatchGroupTests(DatabaseKind database) : ProtocolFixture(database)
{
    // A and B are members of the group, C is not; what is left is named.
    [TestCase("\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"C\"}]", "ABC")]
    [TestCase(
        "\"op\":\"add\",\"path\":\"MEMBERS\",\"value\":[{\"value\":\"C\",\"$ref\":null,\"display\":\"x\"}]",
        "ABC"
    )]
    [TestCase("\"op\":\"Add\",\"path\":\"members\",\"value\":{\"value\":\"C\"}", "ABC")]
    [TestCase(
        "\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"A\"},{\"value\":\"C\"},{\"value\":\"C\"}]",
        "ABC"
    )]
    [TestCase("\"op\":\"add\",\"value\":{\"members\":[{\"value\":\"C\"}]}", "ABC")]
    [TestCase("\"op\":\"replace\",\"path\":\"members\",\"value\":[{\"value\":\"C\"}]", "C")]
    [TestCase("\"op\":\"replace\",\"path\":\"members\",\"value\":[]", "")]
    [TestCase("\"op\":\"replace\",\"path\":\"members\",\"value\":null", "")]
    [TestCase("\"op\":\"replace\",\"value\":{\"members\":[{\"value\":\"B\"},{\"value\":\"C\"}]}", "BC")]
    [TestCase("\"op\":\"replace\",\"value\":{\"members\":[]}", "")]
    [TestCase("\"op\":\"replace\",\"value\":{\"externalId\":\"e\"}", "AB")]
    [TestCase("\"op\":\"remove\",\"path\":\"members\"", "")]
    [TestCase("\"op\":\"remove\",\"path\":\"members\",\"value\":[{\"value\":\"A\"}]", "B")]
    [TestCase("\"op\":\"Remove\",\"path\":\"members\",\"value\":[{\"$ref\":null,\"value\":\"B\"}]", "A")]
    [TestCase("\"op\":\"remove\",\"path\":\"members[value eq \\\"A\\\"]\"", "B")]
    [TestCase("\"op\":\"remove\",\"path\":\"members[value eq \\\"A\\\" or value eq \\\"B\\\"]\"", "")]
    [TestCase("\"op\":\"remove\",\"path\":\"members[VALUE Eq \\\"B\\\"]\"", "A")]
    [TestCase("\"op\":\"remove\",\"path\":\"members[type eq \\\"User\\\"]\"", "")]
    [TestCase("\"op\":\"remove\",\"path\":\"members[type eq \\\"User\\\" and value eq \\\"A\\\"]\"", "B")]
    [TestCase("\"op\":\"remove\",\"path\":\"members[not (value eq \\\"A\\\")]\"", "A")]
    [TestCase(
        "\"op\":\"remove\",\"path\":\"urn:ietf:params:scim:schemas:core:2.0:Group:members\",\"value\":[{\"value\":\"A\"}]",
        "B"
    )]
    [TestCase("\"op\":\"remove\",\"path\":\"members[$ref eq \\\"BASE/Users/A\\\" and type eq \\\"User\\\"]\"", "B")]
    public async Task A_change_of_members_takes_effect(string operation, string left)
    {
        var users = await UsersAsync();
        var group = await CreateGroupAsync(users["A"], users["B"]);

        var patched = await PatchGroupAsync(group.Id, Fill(operation, users));

        patched.ShouldBe(204).Text.Should().BeEmpty();
        var read = await ReadAsync(group);
        read.Each("members", "value").Should().BeEquivalentTo(left.Select(name => users[name.ToString()]));
        read.Header("ETag").Should().NotBe(group.Header("ETag"));
    }

    [TestCase("\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"A\"}]")]
    [TestCase("\"op\":\"add\",\"path\":\"members\",\"value\":[]")]
    [TestCase("\"op\":\"remove\",\"path\":\"members[value eq \\\"C\\\"]\"")]
    [TestCase("\"op\":\"remove\",\"path\":\"members\",\"value\":[{\"value\":\"C\"}]")]
    [TestCase("\"op\":\"remove\",\"path\":\"members[value eq \\\"no-id\\\"]\"")]
    [TestCase("\"op\":\"remove\",\"path\":\"members[type eq \\\"Group\\\"]\"")]
    [TestCase("\"op\":\"replace\",\"path\":\"members\",\"value\":[{\"value\":\"B\"},{\"value\":\"A\"}]")]
    [TestCase("\"op\":\"replace\",\"value\":{\"id\":\"x\",\"displayName\":\"NAME\"}")]
    public async Task A_change_without_effect_keeps_version_and_time(string operation)
    {
        var users = await UsersAsync();
        var group = await CreateGroupAsync(users["A"], users["B"]);

        var patched = await PatchGroupAsync(
            group.Id,
            Fill(operation, users).Replace("NAME", group.At("displayName"), StringComparison.Ordinal)
        );

        patched.ShouldBe(204);
        (await ReadAsync(group)).Text.Should().Be(group.Text);
    }

    [TestCase("\"op\":\"add\",\"path\":\"members\",\"value\":[{\"display\":\"x\"}]", "invalidValue")]
    [TestCase("\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":5}]", "invalidValue")]
    [TestCase("\"op\":\"add\",\"path\":\"members\",\"value\":5", "invalidValue")]
    [TestCase(
        "\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"0199c0de-0000-7000-8000-000000000000\"}]",
        "invalidValue"
    )]
    [TestCase("\"op\":\"add\",\"path\":\"members\"", "invalidValue")]
    [TestCase("\"op\":\"replace\",\"path\":\"members[value eq \\\"A\\\"].display\",\"value\":\"x\"", "mutability")]
    [TestCase("\"op\":\"replace\",\"path\":\"members[value eq \\\"A\\\"].value\",\"value\":\"C\"", "mutability")]
    [TestCase("\"op\":\"add\",\"path\":\"members[value eq \\\"C\\\"]\",\"value\":{\"value\":\"C\"}", "noTarget")]
    [TestCase("\"op\":\"remove\",\"path\":\"members[colour eq \\\"A\\\"]\"", "invalidPath")]
    [TestCase("\"op\":\"remove\",\"path\":\"members[value eq\"", "invalidPath")]
    [TestCase("\"op\":\"remove\",\"path\":\"displayName\"", "mutability")]
    [TestCase("\"op\":\"replace\",\"path\":\"displayName\",\"value\":\"\"", "invalidValue")]
    [TestCase("\"op\":\"replace\",\"path\":\"displayName\",\"value\":null", "invalidValue")]
    [TestCase("\"op\":\"replace\",\"path\":\"id\",\"value\":\"x\"", "mutability")]
    [TestCase("\"op\":\"replace\",\"path\":\"colour\",\"value\":\"x\"", "invalidPath")]
    [TestCase("\"op\":\"remove\"", "noTarget")]
    public async Task A_wrong_operation_is_refused_and_undoes_those_before_it(string operation, string scimType)
    {
        var users = await UsersAsync();
        var group = await CreateGroupAsync(users["A"], users["B"]);

        var alone = await PatchGroupAsync(group.Id, Fill(operation, users));
        var after = await PatchGroupAsync(
            group.Id,
            Fill("\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"C\"}]", users),
            "\"op\":\"replace\",\"path\":\"externalId\",\"value\":\"undone\"",
            Fill(operation, users)
        );

        alone.ShouldBeError(400, scimType);
        after.ShouldBeError(400, scimType);
        (await ReadAsync(group)).Text.Should().Be(group.Text);
    }

    [Test]
    public async Task Name_and_members_change_together()
    {
        var users = await UsersAsync();
        var group = await CreateGroupAsync(users["A"]);
        var name = Some.Name();

        var patched = await PatchGroupAsync(
            group.Id,
            $"\"op\":\"remove\",\"path\":\"members[value eq \\\"{users["A"]}\\\"]\"",
            $$"""
            "op":"add","path":"members","value":[{"value":"{{users["B"]}}","display":"b"}]
            """,
            $$"""
            "op":"replace","value":{"id":"{{group.Id}}","displayName":"{{name}}"}
            """
        );

        patched.ShouldBe(204);
        var read = await ReadAsync(group);
        read.At("displayName").Should().Be(name);
        read.Each("members", "value").Should().Equal(users["B"]);
        (await Client.GetAsync($"/Users/{users["B"]}")).At("groups/0/display").Should().Be(name);
    }

    [Test]
    public async Task A_taken_name_is_refused_with_the_members_that_came_with_it()
    {
        var users = await UsersAsync();
        var (group, other) = (await CreateGroupAsync(users["A"]), await CreateGroupAsync());

        var patched = await PatchGroupAsync(
            group.Id,
            Fill("\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"B\"}]", users),
            $"\"op\":\"replace\",\"path\":\"displayName\",\"value\":\"{other.At("displayName")!.ToUpperInvariant()}\""
        );

        patched.ShouldBeError(409, "uniqueness");
        (await ReadAsync(group)).Text.Should().Be(group.Text);
    }

    [Test]
    public async Task Adding_and_removing_one_member_in_one_request_leaves_the_last_word()
    {
        var users = await UsersAsync();
        var group = await CreateGroupAsync(users["A"]);
        var add = Fill("\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"B\"}]", users);
        var remove = Fill("\"op\":\"remove\",\"path\":\"members[value eq \\\"B\\\"]\"", users);

        await PatchGroupAsync(group.Id, add, remove);
        var without = await ReadAsync(group);
        await PatchGroupAsync(group.Id, remove, add);

        without.Text.Should().Be(group.Text);
        (await ReadAsync(group)).Count("members").Should().Be(2);
    }

    [Test]
    public async Task If_Match_guards_a_change_of_members()
    {
        var users = await UsersAsync();
        var group = await CreateGroupAsync();
        var body = Patch(Fill("\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"A\"}]", users));

        var first = await Client.PatchAsync($"/Groups/{group.Id}", body, ("If-Match", group.Header("ETag")));
        var stale = await Client.PatchAsync($"/Groups/{group.Id}", body, ("If-Match", group.Header("ETag")));

        first.ShouldBe(204);
        stale.ShouldBeError(412);
    }

    [Test]
    public async Task A_request_may_hold_hundreds_of_members()
    {
        var body = string.Join(
            ',',
            Enumerable
                .Range(0, 300)
                .Select(i => $"{{\"method\":\"POST\",\"path\":\"/Users\",\"bulkId\":\"{i}\",\"data\":{UserBody()}}}")
        );
        var bulk = await Client.PostAsync(
            "/Bulk",
            $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{{body}}]}"""
        );
        var ids = bulk.ShouldBe(200)
            .Each("Operations", "location")
            .Select(location => location!.Split('/')[^1])
            .ToList();
        var group = await CreateGroupAsync();
        var members = string.Join(',', ids.Select(id => $"{{\"value\":\"{id}\"}}"));

        (await PatchGroupAsync(group.Id, $"\"op\":\"add\",\"path\":\"members\",\"value\":[{members}]")).ShouldBe(204);
        (await ReadAsync(group)).Each("members", "value").Should().BeEquivalentTo(ids);

        (await PatchGroupAsync(group.Id, $"\"op\":\"remove\",\"path\":\"members\",\"value\":[{members}]")).ShouldBe(
            204
        );
        (await ReadAsync(group)).Count("members").Should().Be(0);
    }

    private async Task<Dictionary<string, string>> UsersAsync() =>
        new()
        {
            ["A"] = (await CreateUserAsync()).Id,
            ["B"] = (await CreateUserAsync()).Id,
            ["C"] = (await CreateUserAsync()).Id,
        };

    private string Fill(string operation, Dictionary<string, string> users) =>
        users.Aggregate(
            operation.Replace(
                "BASE",
                Server.BaseAddress.GetLeftPart(UriPartial.Authority) + "/scim/v2",
                StringComparison.Ordinal
            ),
            (text, user) =>
                text.Replace($"\"{user.Key}\"", $"\"{user.Value}\"", StringComparison.Ordinal)
                    .Replace($"/Users/{user.Key}\\\"", $"/Users/{user.Value}\\\"", StringComparison.Ordinal)
                    .Replace($"\\\"{user.Key}\\\"", $"\\\"{user.Value}\\\"", StringComparison.Ordinal)
        );
}
