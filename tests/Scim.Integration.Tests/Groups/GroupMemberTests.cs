using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Groups;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Members are users and groups of the tenant, shown with $ref, type and display")]
[Property("Rfc", "RFC 7643 §4.2")]
public sealed class GroupMemberTests(DatabaseKind kind) : HttpTests(kind)
{
    [Test]
    public async Task A_members_ref_type_and_display_are_filled_in_whatever_the_client_sent()
    {
        using var tenant = await TenantAsync();
        var named = Some.User();
        named["displayName"] = "Jane";
        var jane = (await tenant.Client.PostAsync("/Users", named).Expecting(201)).Id;
        var bare = Some.User("bare@example.com");
        var bareId = (await tenant.Client.PostAsync("/Users", bare).Expecting(201)).Id;
        var inner = (await tenant.Client.PostAsync("/Groups", Some.Group("Inner")).Expecting(201)).Id;
        var group = Some.Group("Outer");
        group["members"] = new JsonArray(
            new JsonObject
            {
                ["value"] = jane,
                ["$ref"] = null,
                ["display"] = "Wrong",
                ["type"] = "Group",
            },
            new JsonObject { ["value"] = bareId, ["$ref"] = "https://elsewhere.example/Users/1" },
            new JsonObject { ["value"] = inner }
        );

        var created = await tenant.Client.PostAsync("/Groups", group).Expecting(201);

        var members = created.Json.GetProperty("members").EnumerateArray().ToDictionary(Value);
        members.Should().HaveCount(3);
        Shown(members[jane]).Should().Be("User Jane");
        Shown(members[bareId]).Should().Be("User bare@example.com");
        Shown(members[inner]).Should().Be("Group Inner");
        foreach (var (id, member) in members)
        {
            var reference = member.GetProperty("$ref").GetString()!;
            var path = reference[(reference.IndexOf("/scim/v2", StringComparison.Ordinal) + "/scim/v2".Length)..];
            (await tenant.Client.GetAsync(path)).Id.Should().Be(id);
        }

        (await tenant.Client.GetAsync("/Groups/" + created.Id)).Text.Should().Be(created.Text);
    }

    [Test]
    [Property("Capability", "Unknown members and other tenants' ids are refused and change nothing")]
    public async Task Whoever_is_not_of_this_tenant_cannot_be_a_member()
    {
        using var tenant = await TenantAsync();
        using var other = await TenantAsync();
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var group = await tenant.Client.PostAsync("/Groups", Some.Group("g", user)).Expecting(201);
        var path = "/Groups/" + group.Id;
        string[] strangers =
        [
            Guid.NewGuid().ToString(),
            (await other.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id,
            (await other.Client.PostAsync("/Groups", Some.Group()).Expecting(201)).Id,
            "nobody",
            "urn:uuid:" + user,
        ];

        foreach (var stranger in strangers)
        {
            await RefusedAsync(tenant.Client.PostAsync("/Groups", Some.Group(null, user, stranger)));
            await RefusedAsync(tenant.Client.PutAsync(path, Some.Group("g", stranger)));
            await RefusedAsync(tenant.Client.PatchAsync(path, Messages.AddMembers(stranger)));
            await RefusedAsync(
                tenant.Client.PatchAsync(path, Messages.Patch("replace", "members", Messages.Members(user, stranger)))
            );
            await RefusedAsync(
                tenant.Client.PatchAsync(
                    path,
                    Messages.Patch("add", null, new JsonObject { ["members"] = Messages.Members(stranger) })
                )
            );
        }

        (await tenant.Client.GetAsync(path)).Text.Should().Be(group.Text);
        (await tenant.Client.GetAsync("/Groups")).Total().Should().Be(1);
    }

    [Test]
    public async Task Adding_who_is_in_and_removing_who_is_not_changes_nothing()
    {
        using var tenant = await TenantAsync();
        var inside = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var outside = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var group = await tenant.Client.PostAsync("/Groups", Some.Group(null, inside, inside)).Expecting(201);
        var path = "/Groups/" + group.Id;

        await tenant.Client.PatchAsync(path, Messages.AddMembers(inside, inside)).Expecting(204);
        await tenant.Client.PatchAsync(path, Messages.RemoveMember(outside)).Expecting(204);
        await tenant.Client.PatchAsync(path, Messages.RemoveMember(Guid.NewGuid().ToString())).Expecting(204);
        await tenant
            .Client.PatchAsync(path, Messages.Patch("replace", "members", Messages.Members(inside)))
            .Expecting(204);
        var both = Messages.AddMembers(outside);
        both["Operations"]!.AsArray().Add(Messages.RemoveMember(outside)["Operations"]![0]!.DeepClone());
        await tenant.Client.PatchAsync(path, both).Expecting(204);

        var after = await tenant.Client.GetAsync(path);
        after.Text.Should().Be(group.Text);
        after.Tag().Should().Be(group.Tag());
    }

    [Test]
    public async Task Members_can_be_removed_by_value_by_filter_by_list_and_all_at_once()
    {
        using var tenant = await TenantAsync();
        var users = await UsersAsync(tenant, 7);
        var group = (await tenant.Client.PostAsync("/Groups", Some.Group(null, users)).Expecting(201)).Id;

        async Task<string[]> AfterAsync(JsonObject patch)
        {
            await tenant.Client.PatchAsync("/Groups/" + group, patch).Expecting(204);
            return Members(await tenant.Client.GetAsync("/Groups/" + group));
        }

        (await AfterAsync(Messages.RemoveMember(users[0]))).Should().BeEquivalentTo(users[1..]);
        (await AfterAsync(Messages.Patch("remove", "members", Messages.Members(users[1], users[2]))))
            .Should()
            .BeEquivalentTo(users[3..]);
        (await AfterAsync(Messages.Patch("remove", $"members[value eq \"{users[3]}\" or value eq \"{users[4]}\"]")))
            .Should()
            .BeEquivalentTo(users[5..]);
        (await AfterAsync(Messages.Patch("remove", "members[type eq \"Group\"]"))).Should().BeEquivalentTo(users[5..]);
        (await AfterAsync(Messages.Patch("remove", "members"))).Should().BeEmpty();
        (await AfterAsync(Messages.AddMembers(users[..2]))).Should().HaveCount(2);
        (await AfterAsync(Messages.Patch("replace", "members", new JsonArray()))).Should().BeEmpty();
    }

    [Test]
    public async Task A_put_replaces_members_completely_and_a_put_without_them_empties_the_group()
    {
        using var tenant = await TenantAsync();
        var users = await UsersAsync(tenant, 3);
        var path =
            "/Groups/" + (await tenant.Client.PostAsync("/Groups", Some.Group("g", users[..2])).Expecting(201)).Id;

        var replaced = await tenant.Client.PutAsync(path, Some.Group("g", users[1..])).Expecting(200);
        var emptied = await tenant.Client.PutAsync(path, Some.Group("g")).Expecting(200);

        Members(replaced).Should().BeEquivalentTo(users[1..]);
        Members(emptied).Should().BeEmpty();
    }

    [Test]
    public async Task A_patch_answers_204_or_the_attributes_that_were_asked_for()
    {
        using var tenant = await TenantAsync();
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var path = "/Groups/" + (await tenant.Client.PostAsync("/Groups", Some.Group("g")).Expecting(201)).Id;

        var silent = await tenant.Client.PatchAsync(path, Messages.AddMembers(user));
        var asked = await tenant.Client.PatchAsync(
            path + "?attributes=displayName",
            Messages.Patch("replace", "displayName", "h")
        );

        silent.Status.Should().Be(204);
        silent.Text.Should().BeEmpty();
        asked.Status.Should().Be(200, "RFC 7644 §3.5.2: with the attributes parameter the answer is 200");
        asked.Json.GetProperty("displayName").GetString().Should().Be("h");
        asked.Json.TryGetProperty("members", out _).Should().BeFalse();
    }

    [Test]
    public async Task Reads_leave_members_out_when_asked_and_lists_show_them_otherwise()
    {
        using var tenant = await TenantAsync();
        var users = await UsersAsync(tenant, 2);
        var id = (await tenant.Client.PostAsync("/Groups", Some.Group("g", users)).Expecting(201)).Id;

        Members(await tenant.Client.GetAsync($"/Groups/{id}?excludedAttributes=members")).Should().BeEmpty();
        var list = await tenant.Client.GetAsync("/Groups?excludedAttributes=members");
        list.Resources()[0].TryGetProperty("members", out _).Should().BeFalse();
        (await tenant.Client.GetAsync("/Groups")).Resources()[0].GetProperty("members").GetArrayLength().Should().Be(2);
        var values = await tenant.Client.GetAsync($"/Groups/{id}?attributes=members.value");
        values.Json.GetProperty("members")[0].TryGetProperty("display", out _).Should().BeFalse();
        Members(values).Should().BeEquivalentTo(users);
    }

    [Test]
    public async Task A_deleted_user_has_left_all_groups()
    {
        using var tenant = await TenantAsync();
        var users = await UsersAsync(tenant, 2);
        var first = await tenant.Client.PostAsync("/Groups", Some.Group(null, users)).Expecting(201);
        var second = await tenant.Client.PostAsync("/Groups", Some.Group(null, users[0])).Expecting(201);

        await tenant.Client.DeleteAsync("/Users/" + users[0]).Expecting(204);

        var after = await tenant.Client.GetAsync("/Groups/" + first.Id);
        Members(after).Should().Equal(users[1]);
        after.Tag().Should().NotBe(first.Tag());
        Members(await tenant.Client.GetAsync("/Groups/" + second.Id)).Should().BeEmpty();
    }

    [Test]
    [Property("Capability", "Groups of tens of thousands of members change without being read")]
    public async Task Ten_thousand_members_are_added_replaced_and_removed()
    {
        using var tenant = await TenantAsync();
        var count = Soak.Count(2_000, 10_000);
        var users = await BulkUsers.CreateAsync(tenant, count);
        var path = "/Groups/" + (await tenant.Client.PostAsync("/Groups", Some.Group("big")).Expecting(201)).Id;

        await tenant.Client.PatchAsync(path, Messages.AddMembers(users)).Expecting(204);
        Members(await tenant.Client.GetAsync(path)).Should().BeEquivalentTo(users);
        await tenant.Client.PatchAsync(path, Messages.RemoveMember(users[7])).Expecting(204);
        await tenant
            .Client.PatchAsync(path, Messages.Patch("remove", "members", Messages.Members(users[..1000])))
            .Expecting(204);
        Members(await tenant.Client.GetAsync(path)).Should().BeEquivalentTo(users[1000..]);
        await tenant
            .Client.PatchAsync(path, Messages.Patch("replace", "members", Messages.Members(users[..1500])))
            .Expecting(204);
        Members(await tenant.Client.GetAsync(path)).Should().BeEquivalentTo(users[..1500]);
        await tenant.Client.PatchAsync(path, Messages.Patch("remove", "members")).Expecting(204);
        Members(await tenant.Client.GetAsync(path)).Should().BeEmpty();
    }

    internal static string[] Members(ScimResponse group) =>
        group.Json.TryGetProperty("members", out var members) ? [.. members.EnumerateArray().Select(Value)] : [];

    internal static async Task<string[]> UsersAsync(TestTenant tenant, int count)
    {
        var ids = new string[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        }

        return ids;
    }

    private static string Value(JsonElement member) => member.GetProperty("value").GetString()!;

    private static string Shown(JsonElement member) =>
        $"{member.GetProperty("type").GetString()} {member.GetProperty("display").GetString()}";

    private static async Task RefusedAsync(Task<ScimResponse> request)
    {
        var refused = await request;
        refused.Status.Should().Be(400, refused.Text);
        refused.ScimType().Should().Be("invalidValue");
    }
}

/// <summary>Many users in few requests.</summary>
internal static class BulkUsers
{
    public static async Task<string[]> CreateAsync(TestTenant tenant, int count)
    {
        var ids = new List<string>(count);
        foreach (var chunk in Enumerable.Range(0, count).Chunk(1000))
        {
            var operations = chunk.Select(i =>
                Messages.BulkOperation("POST", "/Users", Some.User($"bulk-{i}@example.com"), $"b{i}")
            );
            var answer = await tenant.Client.PostAsync("/Bulk", Messages.Bulk([.. operations])).Expecting(200);
            ids.AddRange(
                answer
                    .Json.GetProperty("Operations")
                    .EnumerateArray()
                    .Select(operation => operation.GetProperty("location").GetString()!.Split('/')[^1])
            );
        }

        return [.. ids];
    }
}
