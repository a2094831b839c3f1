using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Search;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Sorting by every kind of attribute, in both directions, with a stable order of ties")]
[Property("Rfc", "RFC 7644 §3.4.2.3")]
public sealed class SortTests(DatabaseKind kind) : HttpTests(kind)
{
    private TestTenant _tenant = null!;

    [OneTimeSetUp]
    public async Task Fill()
    {
        _tenant = await TenantAsync();
        await AddSchemaAsync(_tenant, Directory.Schema);
        await Directory.FillAsync(_tenant);
    }

    [OneTimeTearDown]
    public void Leave() => _tenant?.Dispose();

    // Created in the order ada, bob, zoe, eve: ties keep it.
    [TestCase("userName", "ada bob eve zoe")]
    [TestCase("USERNAME", "ada bob eve zoe")]
    [TestCase("displayName", "ada bob zoe eve")]
    [TestCase("name.familyName", "ada bob zoe eve")]
    [TestCase("title", "eve ada bob zoe")]
    [TestCase("externalId", "ada bob zoe eve")]
    [TestCase("active", "bob ada zoe eve")]
    [TestCase("emails", "ada bob eve zoe")]
    [TestCase("emails.value", "ada bob eve zoe")]
    [TestCase("emails.type", "eve ada bob zoe")]
    [TestCase("meta.created", "ada bob zoe eve")]
    [TestCase("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "eve ada bob zoe")]
    [TestCase("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName", "eve ada bob zoe")]
    [TestCase("{own}:level", "bob ada zoe eve")]
    [TestCase("{own}:score", "zoe ada bob eve")]
    [TestCase("{own}:flag", "bob ada zoe eve")]
    [TestCase("{own}:hired", "ada bob zoe eve")]
    [TestCase("{own}:code", "bob ada zoe eve")]
    [TestCase("{own}:label", "ada bob zoe eve")]
    [TestCase("{own}:tags", "zoe ada bob eve")]
    [TestCase("{own}:badges.rank", "ada bob zoe eve")]
    [TestCase("{own}:badges.$ref", "ada bob zoe eve")]
    [TestCase("{own}:desk.room", "ada bob zoe eve")]
    public async Task Ascending_puts_the_unassigned_last(string sortBy, string expected) =>
        (await SortedAsync(sortBy, "")).Should().Be(expected);

    [TestCase("userName", "zoe eve bob ada")]
    [TestCase("title", "bob zoe ada eve")]
    [TestCase("externalId", "zoe eve bob ada")]
    [TestCase("active", "ada zoe eve bob")]
    [TestCase("emails.value", "zoe eve bob ada")]
    [TestCase("meta.created", "eve zoe bob ada")]
    [TestCase("{own}:level", "eve zoe ada bob")]
    [TestCase("{own}:score", "eve bob ada zoe")]
    [TestCase("{own}:hired", "eve zoe ada bob")]
    [TestCase("{own}:tags", "bob eve ada zoe")]
    public async Task Descending_puts_the_unassigned_first(string sortBy, string expected) =>
        (await SortedAsync(sortBy, "&sortOrder=Descending")).Should().Be(expected);

    [Test]
    public async Task An_order_without_sortBy_is_that_of_creation_and_an_empty_one_ascending()
    {
        (await SortedAsync("", "&sortOrder=descending")).Should().Be("ada bob zoe eve");
        (await SortedAsync("userName", "&sortOrder=")).Should().Be("ada bob eve zoe");
        (await SortedAsync("userName", "&sortOrder=ascending")).Should().Be("ada bob eve zoe");
    }

    [TestCase("sortBy=unknown")]
    [TestCase("sortBy=name")]
    [TestCase("sortBy=meta")]
    [TestCase("sortBy=meta.version")]
    [TestCase("sortBy=meta.location")]
    [TestCase("sortBy=groups.$ref")]
    [TestCase("sortBy=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.$ref")]
    [TestCase("sortBy=name.unknown")]
    [TestCase("sortBy=password")]
    [TestCase("sortBy=groups")]
    [TestCase("sortBy=userName;--")]
    [TestCase("sortBy=userName,title")]
    [TestCase("sortBy=userName&sortOrder=up")]
    [TestCase("sortBy=userName&sortBy=title")]
    public async Task What_cannot_be_sorted_is_refused(string query)
    {
        var refused = await _tenant.Client.GetAsync("/Users?" + query);

        refused.Status.Should().Be(400, refused.Text);
        refused.ScimType().Should().Be("invalidValue");
    }

    [Test]
    public async Task Groups_sort_by_name_and_by_time_of_the_last_change_of_members()
    {
        using var tenant = await TenantAsync();
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var ids = new List<string>();
        foreach (var name in (string[])["beta", "Alpha", "gamma"])
        {
            ids.Add((await tenant.Client.PostAsync("/Groups", Some.Group(name)).Expecting(201)).Id);
            await Task.Delay(5);
        }

        await tenant.Client.PatchAsync("/Groups/" + ids[0], Messages.AddMembers(user)).Expecting(204);

        (await tenant.Client.GetAsync("/Groups?sortBy=displayName"))
            .Texts("displayName")
            .Should()
            .Equal("Alpha", "beta", "gamma");
        (await tenant.Client.GetAsync("/Groups?sortBy=meta.lastModified"))
            .Texts("displayName")
            .Should()
            .Equal("Alpha", "gamma", "beta");
    }

    [Test]
    public async Task Ties_keep_one_order_over_all_pages()
    {
        using var tenant = await TenantAsync();
        for (var i = 0; i < 11; i++)
        {
            var user = Some.User();
            user["title"] = i % 2 == 0 ? "same" : "Same";
            await tenant.Client.PostAsync("/Users", user).Expecting(201);
        }

        var whole = (await tenant.Client.GetAsync("/Users?sortBy=title")).Ids();
        var paged = new List<string>();
        for (var start = 1; start <= 11; start += 3)
        {
            paged.AddRange((await tenant.Client.GetAsync($"/Users?sortBy=title&count=3&startIndex={start}")).Ids());
        }

        paged.Should().Equal(whole);
    }

    [Test]
    public async Task A_search_message_sorts_alike()
    {
        var search = new JsonObject
        {
            ["schemas"] = new JsonArray("urn:ietf:params:scim:api:messages:2.0:SearchRequest"),
            ["sortBy"] = "userName",
            ["sortOrder"] = "descending",
        };

        var found = await _tenant.Client.PostAsync("/Users/.search", search);

        found.Texts("nickName").Should().Equal("zoe", "eve", "bob", "ada");
    }

    private async Task<string> SortedAsync(string sortBy, string more)
    {
        var path = sortBy.Replace("{own}", Directory.Urn, StringComparison.Ordinal);
        var found = await _tenant.Client.GetAsync($"/Users?sortBy={Uri.EscapeDataString(path)}{more}");
        found.Status.Should().Be(200, found.Text);
        return string.Join(' ', found.Texts("nickName"));
    }
}
