using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Etags;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Weak entity tags on every resource, with If-Match and If-None-Match")]
[Property("Rfc", "RFC 7644 §3.14")]
public sealed class EtagTests(DatabaseKind kind) : HttpTests(kind)
{
    [TestCase("/Users")]
    [TestCase("/Groups")]
    public async Task The_tag_is_weak_and_the_same_in_header_and_body_everywhere(string path)
    {
        using var tenant = await TenantAsync();
        var created = await tenant.Client.PostAsync(path, Body(path)).Expecting(201);
        var one = $"{path}/{created.Id}";
        var replaced = await tenant.Client.PutAsync(one, Body(path, "renamed")).Expecting(200);
        var patched = await tenant.Client.PatchAsync(one, Messages.Patch("replace", "externalId", "e"));
        var read = await tenant.Client.GetAsync(one);
        var listed = (await tenant.Client.GetAsync(path)).Resources()[0];

        created.Tag().Should().StartWith("W/\"");
        new[] { created.Tag(), replaced.Tag(), read.Tag() }.Should().OnlyHaveUniqueItems();
        Version(created).Should().Be(created.Tag());
        Version(replaced).Should().Be(replaced.Tag());
        Version(read).Should().Be(read.Tag());
        listed.GetProperty("meta").GetProperty("version").GetString().Should().Be(read.Tag());
        if (patched.Status == 200)
        {
            patched.Tag().Should().Be(read.Tag());
        }
    }

    [TestCase("/Users")]
    [TestCase("/Groups")]
    public async Task Writes_with_a_stale_tag_are_refused_and_change_nothing(string path)
    {
        using var tenant = await TenantAsync();
        var created = await tenant.Client.PostAsync(path, Body(path)).Expecting(201);
        var one = $"{path}/{created.Id}";
        await tenant.Client.PatchAsync(one, Messages.Patch("replace", "externalId", "e"));
        var current = await tenant.Client.GetAsync(one);

        foreach (var stale in (string[])[created.Tag(), "W/\"0\"", "\"nonsense\"", "W/\"999\", W/\"x\"", "garbage"])
        {
            var header = ("If-Match", (string?)stale);
            await tenant.Client.PutAsync(one, Body(path, "x"), header).Expecting(412);
            await tenant.Client.PatchAsync(one, Messages.Patch("replace", "externalId", "f"), header).Expecting(412);
            await tenant.Client.DeleteAsync(one, header).Expecting(412);
        }

        (await tenant.Client.GetAsync(one)).Text.Should().Be(current.Text);
    }

    [TestCase("/Users")]
    [TestCase("/Groups")]
    public async Task Writes_with_the_current_tag_a_list_of_tags_or_a_star_go_through(string path)
    {
        using var tenant = await TenantAsync();
        var created = await tenant.Client.PostAsync(path, Body(path)).Expecting(201);
        var one = $"{path}/{created.Id}";

        var replaced = await tenant.Client.PutAsync(one, Body(path, "b"), ("If-Match", created.Tag())).Expecting(200);
        var patched = await tenant.Client.PatchAsync(
            one,
            Messages.Patch("replace", "externalId", "f"),
            ("If-Match", $"W/\"77\", {replaced.Tag()}")
        );
        patched.Status.Should().BeOneOf([200, 204], patched.Text);
        await tenant.Client.PutAsync(one, Body(path, "c"), ("If-Match", "*")).Expecting(200);
        var tag = (await tenant.Client.GetAsync(one)).Tag();
        await tenant.Client.DeleteAsync(one, ("If-Match", tag[2..])).Expecting(204);
    }

    [TestCase("/Users")]
    [TestCase("/Groups")]
    public async Task If_match_on_what_does_not_exist_is_404(string path)
    {
        using var tenant = await TenantAsync();
        var one = $"{path}/{Guid.NewGuid()}";

        await tenant.Client.PutAsync(one, Body(path), ("If-Match", "*")).Expecting(404);
        await tenant.Client.DeleteAsync(one, ("If-Match", "W/\"1\"")).Expecting(404);
    }

    [TestCase("/Users")]
    [TestCase("/Groups")]
    [Property("Rfc", "RFC 9110 §13.1.2")]
    public async Task A_read_of_what_the_client_has_is_304_without_a_body(string path)
    {
        using var tenant = await TenantAsync();
        var created = await tenant.Client.PostAsync(path, Body(path)).Expecting(201);
        var one = $"{path}/{created.Id}";

        foreach (var tags in (string[])[created.Tag(), created.Tag()[2..], "*", $"W/\"x\", {created.Tag()}"])
        {
            var same = await tenant.Client.GetAsync(one, ("If-None-Match", tags));
            same.Status.Should().Be(304, tags);
            same.Text.Should().BeEmpty();
            same.Tag().Should().Be(created.Tag());
        }

        (await tenant.Client.GetAsync(one, ("If-None-Match", "W/\"0\""))).Status.Should().Be(200);
        (await tenant.Client.GetAsync($"{path}/{Guid.NewGuid()}", ("If-None-Match", "*"))).Status.Should().Be(404);
    }

    [Test]
    public async Task A_write_that_changes_nothing_keeps_the_tag()
    {
        using var tenant = await TenantAsync();
        var body = Some.User();
        body["title"] = "T";
        var created = await tenant.Client.PostAsync("/Users", body).Expecting(201);
        var one = "/Users/" + created.Id;

        var patched = await tenant.Client.PatchAsync(one, Messages.Patch("replace", "title", "T")).Expecting(200);
        var read = await tenant.Client.GetAsync(one, ("If-None-Match", created.Tag()));

        patched.Tag().Should().Be(created.Tag());
        patched.Text.Should().Be(created.Text);
        read.Status.Should().Be(304);
    }

    [Test]
    [Property("Capability", "The tag of a user changes with its derived groups and its manager's name")]
    public async Task A_users_tag_is_truthful_about_derived_values()
    {
        using var tenant = await TenantAsync();
        var manager = Some.User();
        manager["displayName"] = "Boss";
        var boss = (await tenant.Client.PostAsync("/Users", manager).Expecting(201)).Id;
        var body = Some.User();
        body[Messages.Enterprise] = new JsonObject { ["manager"] = new JsonObject { ["value"] = boss } };
        var user = await tenant.Client.PostAsync("/Users", body).Expecting(201);
        var one = "/Users/" + user.Id;
        var tags = new List<string> { user.Tag() };

        async Task ChangedAsync(Task<ScimResponse> cause)
        {
            var done = await cause;
            done.Status.Should().BeOneOf([200, 201, 204], done.Text);
            var read = await tenant.Client.GetAsync(one, ("If-None-Match", tags[^1]));
            read.Status.Should().Be(200, "the representation has changed");
            Version(read).Should().Be(read.Tag());
            tags.Should().NotContain(read.Tag());
            tags.Add(read.Tag());
            (await tenant.Client.GetAsync(one, ("If-None-Match", read.Tag()))).Status.Should().Be(304);
        }

        var group = (await tenant.Client.PostAsync("/Groups", Some.Group("first")).Expecting(201)).Id;
        await ChangedAsync(tenant.Client.PatchAsync("/Groups/" + group, Messages.AddMembers(user.Id)));
        await ChangedAsync(
            tenant.Client.PatchAsync("/Groups/" + group, Messages.Patch("replace", "displayName", "second"))
        );
        await ChangedAsync(tenant.Client.PostAsync("/Groups", Some.Group("outer", group)));
        await ChangedAsync(
            tenant.Client.PatchAsync("/Users/" + boss, Messages.Patch("replace", "displayName", "Chief"))
        );
        await ChangedAsync(tenant.Client.DeleteAsync("/Groups/" + group));
        await tenant.Client.DeleteAsync("/Users/" + boss).Expecting(204);
        var alone = await tenant.Client.GetAsync(one, ("If-None-Match", tags[^1])).Expecting(200);

        alone
            .Json.GetProperty(Messages.Enterprise)
            .GetProperty("manager")
            .GetProperty("value")
            .GetString()
            .Should()
            .Be(boss);
        await tenant
            .Client.PatchAsync(one, Messages.Patch("replace", "title", "t"), ("If-Match", tags[2]))
            .Expecting(200);
    }

    [Test]
    [Property("Capability", "A group's version changes with its members; parallel changes never share a version")]
    public async Task A_groups_tag_changes_with_its_members_and_stale_changes_of_members_are_refused()
    {
        using var tenant = await TenantAsync();
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var created = await tenant.Client.PostAsync("/Groups", Some.Group("g")).Expecting(201);
        var one = "/Groups/" + created.Id;

        await tenant.Client.PatchAsync(one, Messages.AddMembers(user), ("If-Match", created.Tag())).Expecting(204);
        var filled = await tenant.Client.GetAsync(one);
        await tenant.Client.PatchAsync(one, Messages.RemoveMember(user), ("If-Match", created.Tag())).Expecting(412);
        await tenant.Client.PutAsync(one, Some.Group("g"), ("If-Match", created.Tag())).Expecting(412);
        await tenant.Client.DeleteAsync(one, ("If-Match", created.Tag())).Expecting(412);
        await tenant.Client.PatchAsync(one, Messages.RemoveMember(user), ("If-Match", filled.Tag())).Expecting(204);
        var emptied = await tenant.Client.GetAsync(one);

        new[] { created.Tag(), filled.Tag(), emptied.Tag() }.Should().OnlyHaveUniqueItems();
        Modified(filled).Should().BeOnOrAfter(Modified(created));
        (await tenant.Client.GetAsync(one + "?excludedAttributes=members")).Tag().Should().Be(emptied.Tag());
    }

    [Test]
    public async Task A_groups_tag_changes_with_the_names_of_its_members()
    {
        using var tenant = await TenantAsync();
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var inner = (await tenant.Client.PostAsync("/Groups", Some.Group("inner")).Expecting(201)).Id;
        var one = "/Groups/" + (await tenant.Client.PostAsync("/Groups", Some.Group("outer")).Expecting(201)).Id;
        await tenant.Client.PatchAsync(one, Messages.AddMembers(user, inner)).Expecting(204);
        var before = await tenant.Client.GetAsync(one);

        await tenant.Client.PatchAsync("/Users/" + user, Messages.Patch("replace", "title", "no name")).Expecting(200);
        await tenant.Client.GetAsync(one, ("If-None-Match", before.Tag())).Expecting(304);
        await tenant
            .Client.PatchAsync("/Users/" + user, Messages.Patch("replace", "displayName", "Renamed"))
            .Expecting(200);
        var userRenamed = await tenant.Client.GetAsync(one, ("If-None-Match", before.Tag())).Expecting(200);
        await tenant
            .Client.PatchAsync("/Groups/" + inner, Messages.Patch("replace", "displayName", "deep"))
            .Expecting(204);
        var groupRenamed = await tenant.Client.GetAsync(one, ("If-None-Match", userRenamed.Tag())).Expecting(200);

        userRenamed.Text.Should().Contain("\"Renamed\"");
        groupRenamed.Text.Should().Contain("\"deep\"");
    }

    [Test]
    [Category(Soak.Concurrency)]
    public async Task Parallel_changes_of_members_never_share_a_version_and_if_match_has_one_winner()
    {
        using var tenant = await TenantAsync();
        var writers = Soak.Count(8, 16);
        var users = await Groups.GroupMemberTests.UsersAsync(tenant, writers);
        var created = await tenant.Client.PostAsync("/Groups", Some.Group("g")).Expecting(201);
        var one = "/Groups/" + created.Id;

        var conditional = await Task.WhenAll(
            users.Select(user => tenant.Client.PatchAsync(one, Messages.AddMembers(user), ("If-Match", created.Tag())))
        );
        conditional.Count(answer => answer.Status == 204).Should().Be(1);
        conditional.Count(answer => answer.Status == 412).Should().Be(writers - 1);

        var before = Number((await tenant.Client.GetAsync(one)).Tag());
        var missing = users.Except(Groups.GroupMemberTests.Members(await tenant.Client.GetAsync(one))).ToArray();
        var added = await Task.WhenAll(
            missing.Select(user => tenant.Client.PatchAsync(one, Messages.AddMembers(user)))
        );
        added.Should().OnlyContain(answer => answer.Status == 204);
        var after = await tenant.Client.GetAsync(one);

        Groups.GroupMemberTests.Members(after).Should().BeEquivalentTo(users);
        Number(after.Tag()).Should().Be(before + missing.Length);
    }

    private static long Number(string tag) =>
        long.Parse(tag[3..^1].Split('.')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static string? Version(ScimResponse response) =>
        response.Json.GetProperty("meta").GetProperty("version").GetString();

    private static DateTimeOffset Modified(ScimResponse response) =>
        response.Json.GetProperty("meta").GetProperty("lastModified").GetDateTimeOffset();

    private static JsonObject Body(string path, string name = "name") =>
        path == "/Users" ? Some.User(name) : Some.Group(name);
}
