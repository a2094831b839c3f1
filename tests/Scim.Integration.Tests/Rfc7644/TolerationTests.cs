using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7644;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §3.2, §3.10, §3.13")]
[Property("Capability", "Requests in the odd but legal forms that clients send")]
internal sealed class TolerationTests(DatabaseKind database) : ProtocolFixture(database)
{
    [TestCase("/users")]
    [TestCase("/USERS")]
    [TestCase("/Users/")]
    [TestCase("/Users?")]
    [TestCase("/Users?count=1&")]
    [TestCase("/Users?&&count=1")]
    [TestCase("/Users?aadOptscim062020")]
    public async Task A_path_in_another_case_or_with_trailing_marks_is_answered(string path) =>
        (await Client.GetAsync(path)).ShouldBe(200).At("schemas/0").Should().EndWith(":ListResponse");

    [TestCase(null)]
    [TestCase("")]
    [TestCase("Okta SCIM Client 1.0.0")]
    public async Task No_user_agent_is_needed(string? agent) =>
        (await Client.GetAsync("/Users?count=0", ("User-Agent", agent))).ShouldBe(200);

    [Test]
    public async Task Spaces_come_as_plus_or_percent_20()
    {
        var name = (await CreateUserAsync()).At("userName")!;

        foreach (
            var filter in new[] { $"userName+eq+%22{name}%22&", $"userName%20Eq%20%22{name.ToUpperInvariant()}%22" }
        )
        {
            (await Client.GetAsync($"/Users?filter={filter}")).At("totalResults").Should().Be("1");
        }
    }

    [Test]
    public async Task A_plus_sign_in_a_value_comes_escaped()
    {
        var user = await CreateUserAsync(userName: "a+" + Some.UserName());

        (await Client.GetAsync($"/Users?filter=userName+eq+%22{Escape(user.At("userName")!)}%22"))
            .At("totalResults")
            .Should()
            .Be("1");
    }

    [Test]
    public async Task Roles_may_hold_json_as_text()
    {
        var user = await CreateUserAsync();

        var patched = await PatchUserAsync(
            user.Id,
            """
            "op":"Add","path":"roles","value":[{"value":"{\"id\":\"1\",\"value\":\"admin\"}"}]
            """
        );

        patched.ShouldBe(200).At("roles/0/value").Should().Be("""{"id":"1","value":"admin"}""");
    }

    [Test]
    public async Task A_manager_comes_by_every_name_that_clients_use()
    {
        foreach (
            var operation in new[]
            {
                $"\"op\":\"Add\",\"path\":\"{Enterprise}:manager\",\"value\":\"m\"",
                $"\"op\":\"replace\",\"path\":\"{Enterprise}:manager\",\"value\":{{\"value\":\"m\"}}",
                $"\"op\":\"replace\",\"path\":\"{Enterprise}:manager.value\",\"value\":\"m\"",
                "\"op\":\"Add\",\"path\":\"manager\",\"value\":[{\"$ref\":\"x\",\"value\":\"m\"}]",
                "\"op\":\"Replace\",\"path\":\"managerId\",\"value\":\"m\"",
                $"\"op\":\"Add\",\"path\":\"{Enterprise}.manager\",\"value\":\"m\"",
                $"\"op\":\"Add\",\"value\":{{\"{Enterprise}:manager\":\"m\"}}",
                $"\"op\":\"Add\",\"value\":{{\"{Enterprise}\":{{\"manager\":{{\"value\":\"m\"}}}}}}",
            }
        )
        {
            var user = await CreateUserAsync();
            var patched = await PatchUserAsync(user.Id, operation);
            patched.ShouldBe(200).At($"{Enterprise}/manager").Should().Be("""{"value":"m"}""", operation);
        }
    }

    [Test]
    public async Task The_manager_s_displayName_is_read_only()
    {
        var user = await CreateUserAsync(
            $$$"""
            "{{{Enterprise}}}":{"manager":{"value":"m"}}
            """
        );

        var patched = await PatchUserAsync(
            user.Id,
            $"\"op\":\"replace\",\"path\":\"{Enterprise}:manager.displayName\",\"value\":\"x\""
        );

        patched.Status.Should().BeOneOf(200, 400);
        (await ReadAsync(user)).Text.Should().Be(user.Text);
    }

    [Test]
    public async Task A_patch_answers_the_attributes_asked_for()
    {
        var user = await CreateUserAsync();

        var patched = await Client.PatchAsync(
            $"/Users/{user.Id}?attributes=title",
            Patch("\"op\":\"add\",\"path\":\"title\",\"value\":\"t\"")
        );

        patched.ShouldBe(200).Names().Should().BeEquivalentTo("schemas", "id", "title");
    }

    [Test]
    public async Task Every_reference_leads_to_its_target()
    {
        var manager = await CreateUserAsync();
        var user = await CreateUserAsync(
            $$$"""
            "{{{Enterprise}}}":{"manager":{"value":"{{{manager.Id}}}"}}
            """
        );
        var group = await CreateGroupAsync(user.Id);
        var read = await ReadAsync(user);

        foreach (
            var (reference, id) in new[]
            {
                (group.At("members/0/$ref"), user.Id),
                (read.At("groups/0/$ref"), group.Id),
                (read.At($"{Enterprise}/manager/$ref"), manager.Id),
            }
        )
        {
            var target = await Client.GetAsync(new Uri(reference!).AbsolutePath["/scim/v2".Length..]);
            target.ShouldBe(200).Id.Should().Be(id);
        }
    }

    [Test]
    public async Task Another_tenants_resources_do_not_exist()
    {
        using var other = await TestTenant.CreateAsync(Server);
        var user = await CreateUserAsync();
        var path = $"/Users/{user.Id}";

        (await other.Client.GetAsync(path)).ShouldBeError(404);
        (await other.Client.PutAsync(path, UserBody())).ShouldBeError(404);
        (await other.Client.PatchAsync(path, Patch("\"op\":\"remove\",\"path\":\"title\""))).ShouldBeError(404);
        (await other.Client.DeleteAsync(path)).ShouldBeError(404);
        (await ReadAsync(user)).Text.Should().Be(user.Text);
    }

    [Test]
    public async Task A_member_is_removed_by_its_reference_or_display()
    {
        var (one, two) = (await CreateUserAsync("\"displayName\":\"One\""), await CreateUserAsync());
        var group = await CreateGroupAsync(one.Id, two.Id);

        await PatchGroupAsync(group.Id, "\"op\":\"remove\",\"path\":\"members[display eq \\\"one\\\"]\"");
        var left = await ReadAsync(group);
        await PatchGroupAsync(
            group.Id,
            $"\"op\":\"remove\",\"path\":\"members[$ref eq \\\"{two.At("meta/location")}\\\"]\""
        );

        left.Each("members", "value").Should().Equal(two.Id);
        (await ReadAsync(group)).Count("members").Should().Be(0);
    }

    [TestCase("HEAD", "/Bulk")]
    [TestCase("HEAD", "/.search")]
    [TestCase("OPTIONS", "/Users")]
    public async Task A_method_that_the_rfc_does_not_use_is_405(string method, string path)
    {
        var answer = await Client.SendAsync(method, path, (string?)null);

        answer.Status.Should().Be(405);
        answer.Header("Allow").Should().NotBeNullOrEmpty();
    }
}
