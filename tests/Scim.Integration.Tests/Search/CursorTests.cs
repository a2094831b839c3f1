using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Search;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Cursor pagination: signed, bound to tenant and query, expiring, stable under deletes")]
[Property("Rfc", "RFC 9865 §2")]
public sealed class CursorTests(DatabaseKind kind) : HttpTests(kind)
{
    [TestCase("", 7, 3)]
    [TestCase("", 6, 3)]
    [TestCase("", 3, 3)]
    [TestCase("", 2, 3)]
    [TestCase("", 4, 1)]
    [TestCase("filter=userName%20pr", 7, 2)]
    [TestCase("sortBy=userName", 7, 3)]
    [TestCase("sortBy=userName&sortOrder=descending", 7, 3)]
    [TestCase("sortBy=title", 7, 2)]
    [TestCase("sortBy=title&sortOrder=descending", 7, 2)]
    [TestCase("sortBy=title&sortOrder=descending", 6, 1)]
    [TestCase("sortBy=active", 6, 1)]
    [TestCase("sortBy=meta.created&sortOrder=descending", 7, 2)]
    [TestCase("sortBy=meta.lastModified", 5, 2)]
    [TestCase("sortBy=id", 5, 2)]
    [TestCase("sortBy=emails.value", 6, 1)]
    public async Task A_walk_meets_everyone_once_in_the_order_of_the_list(string query, int users, int count)
    {
        using var tenant = await TenantAsync();
        await MixedUsersAsync(tenant, users);
        var whole = (await tenant.Client.GetAsync("/Users?" + query)).Ids();

        var walked = await WalkAsync(tenant, "/Users", query, count, users);

        walked.Should().Equal(whole);
        walked.Should().HaveCount(users);
    }

    [TestCase("level")]
    [TestCase("score")]
    [TestCase("hired")]
    [TestCase("badges.rank")]
    [TestCase("tags")]
    public async Task A_walk_sorts_by_a_tenants_own_attributes(string attribute)
    {
        using var tenant = await TenantAsync();
        await AddSchemaAsync(tenant, Directory.Schema);
        await Directory.FillAsync(tenant);

        foreach (var order in (string[])["ascending", "descending"])
        {
            var query = $"sortBy={Directory.Urn}:{attribute}&sortOrder={order}";
            var whole = (await tenant.Client.GetAsync("/Users?" + query)).Ids();

            (await WalkAsync(tenant, "/Users", query, 1, 4)).Should().Equal(whole).And.HaveCount(4);
        }
    }

    [Test]
    public async Task Cursors_are_url_safe_and_only_missing_on_the_last_page()
    {
        using var tenant = await TenantAsync();
        await PagingTests.UsersAsync(tenant, 4);

        var first = await tenant.Client.GetAsync("/Users?cursor&count=2");
        var last = await tenant.Client.GetAsync($"/Users?cursor={first.NextCursor()}&count=2");

        first.NextCursor().Should().MatchRegex("^[A-Za-z0-9._~-]+$");
        first.Json.TryGetProperty("startIndex", out _).Should().BeFalse();
        first.Json.TryGetProperty("previousCursor", out _).Should().BeFalse();
        first.Total().Should().Be(4);
        first.Json.GetProperty("itemsPerPage").GetInt32().Should().Be(2);
        last.NextCursor().Should().BeNull();
        last.Total().Should().Be(4);
    }

    [Test]
    public async Task A_list_without_a_cursor_parameter_is_by_index()
    {
        using var tenant = await TenantAsync();
        await PagingTests.UsersAsync(tenant, 2);

        var page = await tenant.Client.GetAsync("/Users?count=1");

        page.NextCursor().Should().BeNull();
        page.Json.GetProperty("startIndex").GetInt32().Should().Be(1);
    }

    [Test]
    public async Task A_cursor_and_a_startIndex_exclude_each_other()
    {
        using var tenant = await TenantAsync();

        var refused = await tenant.Client.GetAsync("/Users?cursor=&startIndex=3");

        refused.Status.Should().Be(400, refused.Text);
        refused.ScimType().Should().Be("invalidValue");
    }

    [TestCase("")]
    [TestCase("sortBy=userName")]
    [TestCase("sortBy=title&sortOrder=descending")]
    [TestCase("filter=userName%20pr")]
    public async Task Deletes_during_a_walk_skip_and_repeat_nobody(string query)
    {
        using var tenant = await TenantAsync();
        await MixedUsersAsync(tenant, 9);
        var whole = (await tenant.Client.GetAsync("/Users?" + query)).Ids();
        var first = await tenant.Client.GetAsync($"/Users?cursor=&count=3&{query}");

        // One of the page just read, its last one (which the cursor points at), and one to come.
        foreach (var gone in (string[])[whole[0], whole[2], whole[4]])
        {
            await tenant.Client.DeleteAsync("/Users/" + gone).Expecting(204);
        }

        var second = await tenant.Client.GetAsync($"/Users?cursor={first.NextCursor()}&count=3&{query}");
        var third = await tenant.Client.GetAsync($"/Users?cursor={second.NextCursor()}&count=3&{query}");

        second.Ids().Should().Equal(whole[3], whole[5], whole[6]);
        third.Ids().Should().Equal(whole[7], whole[8]);
        second.Total().Should().Be(6);
    }

    [Test]
    public async Task A_cursor_may_be_used_twice()
    {
        using var tenant = await TenantAsync();
        await PagingTests.UsersAsync(tenant, 4);
        var next = (await tenant.Client.GetAsync("/Users?cursor&count=2")).NextCursor();

        var once = await tenant.Client.GetAsync($"/Users?cursor={next}&count=2");
        var again = await tenant.Client.GetAsync($"/Users?cursor={next}&count=2");

        again.Ids().Should().Equal(once.Ids());
    }

    [TestCase("/Users?count=2&filter=userName%20pr")]
    [TestCase("/Users?count=2&sortBy=userName")]
    [TestCase("/Groups?count=2")]
    [TestCase("?count=2")]
    public async Task A_cursor_of_another_query_is_refused(string path)
    {
        using var tenant = await TenantAsync();
        await PagingTests.UsersAsync(tenant, 3);
        var next = (await tenant.Client.GetAsync("/Users?cursor&count=2")).NextCursor();

        var refused = await tenant.Client.GetAsync($"{path}&cursor={next}");

        Refused(refused, "invalidCursor");
    }

    [Test]
    public async Task A_sort_order_is_part_of_the_query()
    {
        using var tenant = await TenantAsync();
        await PagingTests.UsersAsync(tenant, 3);
        var next = (await tenant.Client.GetAsync("/Users?cursor&count=2&sortBy=userName")).NextCursor();

        Refused(
            await tenant.Client.GetAsync($"/Users?cursor={next}&count=2&sortBy=userName&sortOrder=descending"),
            "invalidCursor"
        );
    }

    [Test]
    public async Task Another_tenants_cursor_is_answered_like_a_forged_one()
    {
        using var tenant = await TenantAsync();
        using var other = await TenantAsync();
        await PagingTests.UsersAsync(tenant, 3);
        await PagingTests.UsersAsync(other, 3);
        var next = (await tenant.Client.GetAsync("/Users?cursor&count=2")).NextCursor()!;

        var foreign = await other.Client.GetAsync($"/Users?cursor={next}&count=2");
        var forged = await other.Client.GetAsync($"/Users?cursor={next[..^4]}AAAA&count=2");

        Refused(foreign, "invalidCursor");
        Refused(forged, "invalidCursor");
        foreign.Json.GetProperty("detail").GetString().Should().Be(forged.Json.GetProperty("detail").GetString());
    }

    [Test]
    public async Task Tampered_cursors_are_refused()
    {
        using var tenant = await TenantAsync();
        await PagingTests.UsersAsync(tenant, 3);
        var next = (await tenant.Client.GetAsync("/Users?cursor&count=2")).NextCursor()!;
        var random = Some.Random();

        string[] tampered =
        [
            "x",
            "garbage",
            "%20",
            "%00",
            "a%2Bb%2F%3D",
            next + "A",
            next[..^1],
            next[1..],
            new string('A', 100),
            new string('A', 6000),
            .. Enumerable
                .Range(0, 20)
                .Select(_ =>
                {
                    var at = random.Next(next.Length - 1);
                    return next[..at] + (next[at] == 'x' ? 'y' : 'x') + next[(at + 1)..];
                }),
        ];

        foreach (var cursor in tampered)
        {
            Refused(await tenant.Client.GetAsync($"/Users?cursor={cursor}&count=2"), "invalidCursor");
        }
    }

    [TestCase("count=abc")]
    [TestCase("count=1.5")]
    [TestCase("count=1001")]
    public async Task A_bad_count_is_refused(string count)
    {
        using var tenant = await TenantAsync();

        Refused(await tenant.Client.GetAsync($"/Users?cursor&{count}"), "invalidCount");
    }

    [Test]
    public async Task Another_count_than_that_of_the_first_page_is_refused()
    {
        using var tenant = await TenantAsync();
        await PagingTests.UsersAsync(tenant, 3);
        var next = (await tenant.Client.GetAsync("/Users?cursor&count=2")).NextCursor();

        Refused(await tenant.Client.GetAsync($"/Users?cursor={next}&count=3"), "invalidCount");
    }

    [TestCase("0")]
    [TestCase("-1")]
    public async Task No_count_gives_the_total_only(string count)
    {
        using var tenant = await TenantAsync();
        await PagingTests.UsersAsync(tenant, 3);

        var page = await tenant.Client.GetAsync($"/Users?cursor&count={count}");

        page.Status.Should().Be(200);
        page.Total().Should().Be(3);
        page.Ids().Should().BeEmpty();
        page.NextCursor().Should().BeNull();
    }

    [Test]
    [Property("Rfc", "RFC 9865 §3")]
    public async Task Search_messages_take_cursors()
    {
        using var tenant = await TenantAsync();
        var ids = await PagingTests.UsersAsync(tenant, 3);
        var search = Messages.Search("userName pr");
        search["count"] = 2;
        search["cursor"] = "";

        var first = await tenant.Client.PostAsync("/Users/.search", search);
        search["cursor"] = first.NextCursor();
        var last = await tenant.Client.PostAsync("/Users/.search", search);
        search["count"] = "many";
        var refused = await tenant.Client.PostAsync("/Users/.search", search);

        first.Ids().Should().Equal(ids[..2]);
        last.Ids().Should().Equal(ids[2..]);
        last.NextCursor().Should().BeNull();
        Refused(refused, "invalidCount");
    }

    [Test]
    public async Task Text_that_is_long_or_odd_can_be_walked_over()
    {
        using var tenant = await TenantAsync();
        foreach (
            var title in (string[])
                [new string('x', 20_000) + "a", new string('x', 20_000) + "b", "日本", "😀", "\uFFFD"]
        )
        {
            var user = Some.User();
            user["title"] = title;
            await tenant.Client.PostAsync("/Users", user).Expecting(201);
        }

        var whole = (await tenant.Client.GetAsync("/Users?sortBy=title")).Ids();
        (await WalkAsync(tenant, "/Users", "sortBy=title", 1, 5)).Should().Equal(whole);
    }

    [Test]
    public async Task An_old_cursor_has_expired()
    {
        await using var server = await ApiServer.StartAsync(
            Kind,
            new Dictionary<string, string> { ["Limits:CursorTimeoutSeconds"] = "1" }
        );
        using var tenant = await TestTenant.CreateAsync(server);
        await PagingTests.UsersAsync(tenant, 3);
        var next = (await tenant.Client.GetAsync("/Users?cursor&count=2")).NextCursor();

        await Task.Delay(TimeSpan.FromSeconds(2.1));

        Refused(await tenant.Client.GetAsync($"/Users?cursor={next}&count=2"), "expiredCursor");
        var configuration = (await tenant.Client.GetAsync("/ServiceProviderConfig")).Json.GetProperty("pagination");
        configuration.GetProperty("cursorTimeout").GetInt32().Should().Be(1);
        configuration.GetProperty("cursor").GetBoolean().Should().BeTrue();
        configuration.GetProperty("index").GetBoolean().Should().BeTrue();
    }

    internal static async Task<List<string>> WalkAsync(
        TestTenant tenant,
        string path,
        string query,
        int count,
        int total
    )
    {
        var ids = new List<string>();
        var cursor = "";
        while (true)
        {
            var page = await tenant.Client.GetAsync($"{path}?cursor={cursor}&count={count}&{query}").Expecting(200);
            page.Total().Should().Be(total);
            page.Ids().Should().HaveCountLessThanOrEqualTo(count);
            ids.AddRange(page.Ids());
            if (page.NextCursor() is not { } next)
            {
                return ids;
            }

            page.Ids().Should().HaveCount(count, "only the last page may be short");
            ids.Count.Should().BeLessThan(total, "a page follows");
            cursor = next;
        }
    }

    private static void Refused(ScimResponse response, string scimType)
    {
        response.Status.Should().Be(400, response.Text);
        response.ScimType().Should().Be(scimType, response.Text);
    }

    // Titles and e-mails are missing here and there, and some are equal.
    private static async Task MixedUsersAsync(TestTenant tenant, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var user = Some.User();
            user["active"] = i % 2 == 0;
            if (i % 3 != 0)
            {
                user["title"] = i % 2 == 0 ? "Tie" : "tie " + i;
                user["emails"] = new JsonArray(
                    new JsonObject { ["value"] = $"{i}@z.example" },
                    new JsonObject { ["value"] = $"{9 - i}@a.example", ["primary"] = i % 2 == 0 }
                );
            }

            await tenant.Client.PostAsync("/Users", user).Expecting(201);
        }
    }
}
