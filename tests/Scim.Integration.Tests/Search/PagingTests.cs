using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Search;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Index pagination with right totals and a stable order")]
[Property("Rfc", "RFC 7644 §3.4.2.4")]
public sealed class PagingTests(DatabaseKind kind) : HttpTests(kind)
{
    [Test]
    public async Task Pages_partition_the_list()
    {
        using var tenant = await TenantAsync();
        var created = await UsersAsync(tenant, 8);

        var seen = new List<string>();
        for (var start = 1; start <= 10; start += 3)
        {
            var page = await tenant.Client.GetAsync($"/Users?startIndex={start}&count=3");
            page.Total().Should().Be(8);
            page.Json.GetProperty("startIndex").GetInt64().Should().Be(start);
            page.Json.GetProperty("itemsPerPage").GetInt64().Should().Be(page.Ids().Length);
            seen.AddRange(page.Ids());
        }

        seen.Should().Equal(created);
    }

    [TestCase("userName co \"@\"")]
    [TestCase("not (userName co \"outsider\")")]
    [TestCase("userName co \"@\" and userName sw \"user-\" or title co \"nobody\"")]
    public async Task Pages_of_a_search_for_a_part_partition_what_it_finds(string filter)
    {
        using var tenant = await TenantAsync();
        var created = await UsersAsync(tenant, 5);
        await tenant.Client.PostAsync("/Users", Some.User("outsider")).Expecting(201);
        created = [.. created, .. await UsersAsync(tenant, 3)];
        var path = "/Users?count=3&filter=" + Uri.EscapeDataString(filter);

        var seen = new List<string>();
        for (var start = 1; start <= 10; start += 3)
        {
            var page = await tenant.Client.GetAsync($"{path}&startIndex={start}").Expecting(200);
            page.Total().Should().Be(8);
            seen.AddRange(page.Ids());
        }

        seen.Should().Equal(created);
        var byCursor = new List<string>();
        for (string? cursor = ""; cursor is not null; )
        {
            var page = await tenant.Client.GetAsync($"{path}&cursor={cursor}").Expecting(200);
            page.Total().Should().Be(8);
            byCursor.AddRange(page.Ids());
            cursor = page.NextCursor();
        }

        byCursor.Should().Equal(created);
    }

    [TestCase("startIndex=0", 1, 3)]
    [TestCase("startIndex=-5", 1, 3)]
    [TestCase("startIndex=3", 3, 1)]
    [TestCase("startIndex=4", 4, 0)]
    [TestCase("startIndex=1000000", 1000000, 0)]
    [TestCase("startIndex=9223372036854775807", 9223372036854775807, 0)]
    [TestCase("count=0", 1, 0)]
    [TestCase("count=-1", 1, 0)]
    [TestCase("count=2", 1, 2)]
    [TestCase("count=3", 1, 3)]
    [TestCase("count=1000000", 1, 3)]
    [TestCase("count=99999999999", 1, 3)]
    [TestCase("count=2&startIndex=3", 3, 1)]
    [TestCase("count=0&startIndex=99", 99, 0)]
    [TestCase("startIndex=&count=", 1, 3)]
    [TestCase("StartIndex=2&Count=1", 2, 1)]
    [TestCase("filter=userName%20pr&count=2", 1, 2)]
    [TestCase("filter=userName%20pr&count=0", 1, 0)]
    [TestCase("filter=userName%20pr&startIndex=7", 7, 0)]
    [TestCase("sortBy=userName&startIndex=3", 3, 1)]
    [TestCase("?", 1, 3)]
    public async Task Start_and_count_of_three(string query, long startIndex, int items)
    {
        using var tenant = await TenantAsync();
        await UsersAsync(tenant, 3);

        var page = await tenant.Client.GetAsync("/Users?" + query);

        page.Status.Should().Be(200, page.Text);
        page.Total().Should().Be(3);
        page.Json.GetProperty("startIndex").GetInt64().Should().Be(startIndex);
        page.Json.GetProperty("itemsPerPage").GetInt64().Should().Be(items);
        page.Ids().Should().HaveCount(items);
        page.Json.GetProperty("schemas")[0]
            .GetString()
            .Should()
            .Be("urn:ietf:params:scim:api:messages:2.0:ListResponse");
    }

    [TestCase("count=abc")]
    [TestCase("count=1.5")]
    [TestCase("count=1e3")]
    [TestCase("count=99999999999999999999")]
    [TestCase("count=1&count=2")]
    [TestCase("startIndex=abc")]
    [TestCase("startIndex=99999999999999999999")]
    [TestCase("startIndex=0x1")]
    public async Task Bad_numbers_are_refused(string query)
    {
        using var tenant = await TenantAsync();

        var refused = await tenant.Client.GetAsync("/Users?" + query);

        refused.Status.Should().Be(400, refused.Text);
        refused.ScimType().Should().Be("invalidValue");
    }

    [Test]
    public async Task Totals_follow_every_write_at_once()
    {
        using var tenant = await TenantAsync();
        var ids = await UsersAsync(tenant, 4);
        await TotalsAsync(tenant, "/Users", 4);
        (await tenant.Client.PostAsync("/Users", "{}")).Status.Should().Be(400);
        await tenant.Client.DeleteAsync("/Users/" + ids[1]).Expecting(204);
        await tenant.Client.DeleteAsync("/Users/" + ids[1]).Expecting(404);
        await TotalsAsync(tenant, "/Users", 3);

        var group = (await tenant.Client.PostAsync("/Groups", Some.Group("g", ids[0])).Expecting(201)).Id;
        await tenant.Client.PostAsync("/Groups", Some.Group("G")).Expecting(409);
        await tenant.Client.PostAsync("/Groups", Some.Group("h", Guid.NewGuid().ToString())).Expecting(400);
        await TotalsAsync(tenant, "/Groups", 1);
        await tenant.Client.DeleteAsync("/Users/" + ids[0]).Expecting(204);
        await tenant.Client.DeleteAsync("/Groups/" + group).Expecting(204);
        await TotalsAsync(tenant, "/Groups", 0);
        await TotalsAsync(tenant, "/Users", 2);
    }

    [Test]
    public async Task No_page_is_larger_than_the_announced_maximum()
    {
        await using var server = await ApiServer.StartAsync(
            Kind,
            new Dictionary<string, string> { ["Limits:MaxPageSize"] = "3", ["Limits:DefaultPageSize"] = "2" }
        );
        using var tenant = await TestTenant.CreateAsync(server);
        await UsersAsync(tenant, 5);

        (await tenant.Client.GetAsync("/Users")).Ids().Should().HaveCount(2);
        (await tenant.Client.GetAsync("/Users?count=100")).Ids().Should().HaveCount(3);
        var configuration = (await tenant.Client.GetAsync("/ServiceProviderConfig")).Json;
        configuration.GetProperty("filter").GetProperty("maxResults").GetInt32().Should().Be(3);
        configuration.GetProperty("pagination").GetProperty("maxPageSize").GetInt32().Should().Be(3);
        configuration.GetProperty("pagination").GetProperty("defaultPageSize").GetInt32().Should().Be(2);
    }

    internal static async Task<string[]> UsersAsync(TestTenant tenant, int count)
    {
        var ids = new string[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        }

        return ids;
    }

    // The total comes from a counter, a short page or a count: all must say the same.
    private static async Task TotalsAsync(TestTenant tenant, string path, int expected)
    {
        foreach (
            var query in (string[])
                [
                    "",
                    "?count=0",
                    "?count=1",
                    "?startIndex=2",
                    "?startIndex=50",
                    "?filter=id%20pr&count=1",
                    "?cursor=&count=1",
                ]
        )
        {
            (await tenant.Client.GetAsync(path + query)).Total().Should().Be(expected, path + query);
        }
    }
}
