using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Search;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Queries on the base URI over all resource types")]
[Property("Rfc", "RFC 7644 §3.4.2.1")]
public sealed class RootSearchTests(DatabaseKind kind) : HttpTests(kind)
{
    private TestTenant _tenant = null!;
    private IReadOnlyDictionary<string, string> _ids = null!;

    [OneTimeSetUp]
    public async Task Fill()
    {
        _tenant = await TenantAsync();
        await AddSchemaAsync(_tenant, Directory.Schema);
        _ids = await Directory.FillAsync(_tenant);
    }

    [OneTimeTearDown]
    public void Leave() => _tenant?.Dispose();

    [TestCase("id pr", "ada alpha beta bob eve gamma zoe")]
    [TestCase("displayName pr", "ada alpha beta bob eve gamma zoe")]
    [TestCase("displayName sw \"a\"", "ada alpha")]
    [TestCase("userName pr", "ada bob eve zoe")]
    [TestCase("members pr", "alpha beta")]
    [TestCase("not (members pr)", "ada bob eve gamma zoe")]
    [TestCase("not (userName pr)", "alpha beta gamma")]
    [TestCase("userName eq null", "alpha beta gamma")]
    [TestCase("meta.resourceType eq \"Group\"", "alpha beta gamma")]
    [TestCase("meta.resourceType eq \"User\" and title pr", "ada eve")]
    [TestCase("userName eq \"bob@example.com\" or displayName eq \"beta\"", "beta bob")]
    [TestCase("externalId pr", "ada bob gamma")]
    [TestCase("emails[type eq \"work\"]", "ada bob")]
    [TestCase("members[type eq \"User\"]", "alpha")]
    [TestCase("urn:example:params:scim:schemas:extension:filter:2.0:User:level gt 0", "ada zoe")]
    [TestCase("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:Group\"", "alpha beta gamma")]
    public async Task A_filter_meets_all_types(string filter, string expected)
    {
        var byUrl = await _tenant.Client.GetAsync("/?filter=" + Uri.EscapeDataString(filter));
        var byMessage = await _tenant.Client.PostAsync("/.search", Messages.Search(filter));

        Names(byUrl).Should().Be(expected);
        Names(byMessage).Should().Be(expected);
        byUrl.Total().Should().Be(byUrl.Ids().Length);
    }

    [TestCase("unknown eq \"x\"")]
    [TestCase("unknown pr or alsoUnknown pr")]
    [TestCase("userName eq 5")]
    [TestCase("meta.created eq \"x\"")]
    [TestCase("userName eq")]
    public async Task What_no_type_understands_is_refused(string filter)
    {
        var refused = await _tenant.Client.GetAsync("?filter=" + Uri.EscapeDataString(filter));

        refused.Status.Should().Be(400, refused.Text);
        refused.ScimType().Should().Be("invalidFilter");
    }

    [Test]
    public async Task A_look_up_sorted_by_what_one_type_lacks_finds_both_types()
    {
        const string urn = "urn:example:params:scim:schemas:extension:rank:2.0:Group";
        using var tenant = await TenantAsync();
        await AddSchemaAsync(
            tenant,
            $$"""{"id":"{{urn}}","name":"Rank","attributes":[{"name":"rank","type":"integer"}]}""",
            "Group"
        );
        var person = Some.User("ann@example.com");
        person["externalId"] = "shared";
        var user = (await tenant.Client.PostAsync("/Users", person).Expecting(201)).Id;
        var team = Some.Group("team", user);
        team["externalId"] = "shared";
        team[urn] = new System.Text.Json.Nodes.JsonObject { ["rank"] = 1 };
        var group = (await tenant.Client.PostAsync("/Groups", team).Expecting(201)).Id;

        var found = await tenant
            .Client.GetAsync($"/?filter={Uri.EscapeDataString("externalId eq \"shared\"")}&sortBy={urn}:rank")
            .Expecting(200);

        found.Ids().Should().Equal(group, user);
        found.Resources()[1].GetProperty("groups")[0].GetProperty("value").GetString().Should().Be(group);
    }

    [Test]
    public async Task Pages_cross_from_one_type_to_the_next()
    {
        var whole = (await _tenant.Client.GetAsync("/")).Ids();
        var paged = new List<string>();
        for (var start = 1; start <= 9; start += 3)
        {
            var page = await _tenant.Client.GetAsync($"/?startIndex={start}&count=3");
            page.Total().Should().Be(7);
            paged.AddRange(page.Ids());
        }

        whole.Should().HaveCount(7);
        paged.Should().Equal(whole);
    }

    [TestCase("", 3)]
    [TestCase("", 4)]
    [TestCase("", 1)]
    [TestCase("sortBy=displayName", 2)]
    [TestCase("sortBy=displayName&sortOrder=descending", 3)]
    [TestCase("sortBy=userName", 1)]
    [TestCase("sortBy=externalId&sortOrder=descending", 1)]
    [TestCase("filter=displayName%20pr", 4)]
    public async Task Cursors_cross_from_one_type_to_the_next(string query, int count)
    {
        var whole = (await _tenant.Client.GetAsync("/?" + query)).Ids();

        (await CursorTests.WalkAsync(_tenant, "/", query, count, 7)).Should().Equal(whole).And.HaveCount(7);
    }

    [Test]
    public async Task Sorting_orders_users_and_groups_together()
    {
        var ascending = await _tenant.Client.GetAsync("/?sortBy=displayName");
        var descending = await _tenant.Client.GetAsync("/?sortBy=displayName&sortOrder=descending");

        ascending
            .Texts("displayName")
            .Should()
            .Equal("Ada Lovelace", "Alpha", "Beta", "Bob \"Quote\" O'Hara", "Gamma", "zoe", "Éve Straße 日本 😀");
        descending.Ids().Should().Equal(ascending.Ids().Reverse());
    }

    [Test]
    public async Task Members_and_projections_are_those_of_each_type()
    {
        var found = await _tenant.Client.GetAsync("/?attributes=displayName,members.value,userName");

        var alpha = found.Resources().Single(resource => resource.GetProperty("id").GetString() == _ids["alpha"]);
        alpha.GetProperty("members").GetArrayLength().Should().Be(2);
        alpha.TryGetProperty("userName", out _).Should().BeFalse();
        var ada = found.Resources().Single(resource => resource.GetProperty("id").GetString() == _ids["ada"]);
        ada.GetProperty("userName").GetString().Should().Be("Ada.Lovelace@example.com");
        ada.TryGetProperty("emails", out _).Should().BeFalse();
    }

    private string Names(ScimResponse found)
    {
        found.Status.Should().Be(200, found.Text);
        return string.Join(
            ' ',
            found.Ids().Select(id => _ids.Single(entry => entry.Value == id).Key).Order(StringComparer.Ordinal)
        );
    }
}
