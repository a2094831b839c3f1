using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Groups;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Nested groups, and the groups of a user derived from them, direct and indirect")]
[Property("Rfc", "RFC 7643 §4.1.2")]
public sealed class NestedGroupTests(DatabaseKind kind) : HttpTests(kind)
{
    [Test]
    public async Task A_users_groups_are_derived_direct_and_indirect()
    {
        using var tenant = await TenantAsync();
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var inner = await GroupAsync(tenant, "inner", user);
        var middle = await GroupAsync(tenant, "middle", inner);
        await GroupAsync(tenant, "outer", middle, user);
        await GroupAsync(tenant, "stranger");

        (await GroupsOfAsync(tenant, user)).Should().BeEquivalentTo("inner direct", "middle indirect", "outer direct");
    }

    [Test]
    public async Task Groups_are_shown_with_a_reference_that_leads_to_them()
    {
        using var tenant = await TenantAsync();
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var group = await GroupAsync(tenant, "g", user);

        var shown = (await tenant.Client.GetAsync("/Users/" + user)).Json.GetProperty("groups")[0];

        shown.GetProperty("value").GetString().Should().Be(group);
        shown.GetProperty("$ref").GetString().Should().EndWith("/scim/v2/Groups/" + group);
    }

    [Test]
    public async Task Circles_of_groups_end()
    {
        using var tenant = await TenantAsync();
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var a = await GroupAsync(tenant, "a", user);
        var b = await GroupAsync(tenant, "b", a);
        var c = await GroupAsync(tenant, "c", b);
        await tenant.Client.PatchAsync("/Groups/" + a, Messages.AddMembers(c)).Expecting(204);
        await tenant.Client.PatchAsync("/Groups/" + c, Messages.AddMembers(c)).Expecting(204);

        (await GroupsOfAsync(tenant, user)).Should().BeEquivalentTo("a direct", "b indirect", "c indirect");
        (await tenant.Client.GetAsync("/Users?filter=groups.display%20eq%20%22c%22")).Ids().Should().Equal(user);
        GroupMemberTests.Members(await tenant.Client.GetAsync("/Groups/" + c)).Should().BeEquivalentTo([b, c]);
        foreach (var group in (string[])[c, a, b])
        {
            await tenant.Client.DeleteAsync("/Groups/" + group).Expecting(204);
        }

        (await GroupsOfAsync(tenant, user)).Should().BeEmpty();
    }

    [Test]
    public async Task Thirty_two_levels_are_followed_and_more_do_no_harm()
    {
        using var tenant = await TenantAsync();
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var below = user;
        for (var i = 1; i <= 35; i++)
        {
            below = await GroupAsync(tenant, $"level {i}", below);
        }

        var groups = await GroupsOfAsync(tenant, user);

        groups.Should().HaveCount(32).And.Contain("level 1 direct").And.Contain("level 32 indirect");
    }

    [Test]
    public async Task Deleting_a_group_takes_it_out_of_others_and_leaves_its_members()
    {
        using var tenant = await TenantAsync();
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var leaf = await GroupAsync(tenant, "leaf");
        var inner = await GroupAsync(tenant, "inner", user, leaf);
        var outer = await GroupAsync(tenant, "outer", inner);
        var before = await tenant.Client.GetAsync("/Groups/" + outer);

        await tenant.Client.DeleteAsync("/Groups/" + inner).Expecting(204);

        await tenant.Client.GetAsync("/Groups/" + inner).Expecting(404);
        await tenant.Client.DeleteAsync("/Groups/" + inner).Expecting(404);
        await tenant.Client.GetAsync("/Groups/" + leaf).Expecting(200);
        var after = await tenant.Client.GetAsync("/Groups/" + outer);
        GroupMemberTests.Members(after).Should().BeEmpty();
        after.Tag().Should().NotBe(before.Tag());
        (await GroupsOfAsync(tenant, user)).Should().BeEmpty();
        (await tenant.Client.PostAsync("/Groups", Some.Group("inner")).Expecting(201)).Id.Should().NotBe(inner);
    }

    [Test]
    public async Task Inner_groups_that_leave_take_their_users_with_them()
    {
        using var tenant = await TenantAsync();
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var inner = await GroupAsync(tenant, "inner", user);
        var outer = await GroupAsync(tenant, "outer", inner);

        await tenant.Client.PatchAsync("/Groups/" + outer, Messages.RemoveMember(inner)).Expecting(204);

        (await GroupsOfAsync(tenant, user)).Should().BeEquivalentTo("inner direct");
    }

    private static async Task<string> GroupAsync(TestTenant tenant, string name, params string[] members) =>
        (await tenant.Client.PostAsync("/Groups", Some.Group(name, members)).Expecting(201)).Id;

    private static async Task<string[]> GroupsOfAsync(TestTenant tenant, string user)
    {
        var one = await tenant.Client.GetAsync("/Users/" + user).Expecting(200);
        var listed = (await tenant.Client.GetAsync($"/Users?filter=id%20eq%20%22{user}%22")).Resources()[0];
        listed.GetRawText().Should().Be(one.Text);
        return one.Json.TryGetProperty("groups", out var groups)
            ?
            [
                .. groups
                    .EnumerateArray()
                    .Select(group =>
                        $"{group.GetProperty("display").GetString()} {group.GetProperty("type").GetString()}"
                    ),
            ]
            : [];
    }
}
