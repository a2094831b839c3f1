using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Groups;
using Scim.TestKit;
using static Scim.Integration.Tests.Bulk.BulkTests;

namespace Scim.Integration.Tests.Bulk;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "bulkId references in any order, in values and paths, also circular")]
[Property("Rfc", "RFC 7644 §3.7.2")]
public sealed class BulkReferenceTests(DatabaseKind kind) : HttpTests(kind)
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task References_are_resolved_in_any_order(bool backwards)
    {
        using var tenant = await TenantAsync();
        var managed = Some.User("managed@example.com");
        managed[Messages.Enterprise] = new JsonObject { ["manager"] = new JsonObject { ["value"] = "bulkId:boss" } };
        JsonObject[] operations =
        [
            Messages.BulkOperation("POST", "/Users", Some.User("boss@example.com"), "boss"),
            Messages.BulkOperation("POST", "/Users", managed, "managed"),
            Messages.BulkOperation("POST", "/Groups", Some.Group("inner", "bulkId:boss", "bulkId:managed"), "inner"),
            Messages.BulkOperation("POST", "/Groups", Some.Group("outer", "bulkId:inner"), "outer"),
            Messages.BulkOperation("PATCH", "/Users/bulkId:boss", Messages.Patch("add", "title", "Boss")),
            Messages.BulkOperation("PATCH", "/Groups/bulkId:outer", Messages.AddMembers("bulkId:boss")),
        ];
        if (backwards)
        {
            Array.Reverse(operations);
        }

        var results = await RunAsync(tenant, operations);

        string IdOf(string bulkId) => Id(results.Single(result => Text(result, "bulkId") == bulkId));
        results.Should().OnlyContain(result => Status(result)[0] == '2');
        results
            .Select(result => Text(result, "method"))
            .Should()
            .Equal(operations.Select(operation => (string?)operation["method"]));
        var boss = await tenant.Client.GetAsync("/Users/" + IdOf("boss"));
        boss.Json.GetProperty("title").GetString().Should().Be("Boss");
        (await tenant.Client.GetAsync("/Users/" + IdOf("managed")))
            .Json.GetProperty(Messages.Enterprise)
            .GetProperty("manager")
            .GetProperty("value")
            .GetString()
            .Should()
            .Be(boss.Id);
        GroupMemberTests
            .Members(await tenant.Client.GetAsync("/Groups/" + IdOf("inner")))
            .Should()
            .BeEquivalentTo(boss.Id, IdOf("managed"));
        GroupMemberTests
            .Members(await tenant.Client.GetAsync("/Groups/" + IdOf("outer")))
            .Should()
            .BeEquivalentTo(boss.Id, IdOf("inner"));
    }

    [Test]
    [Property("Rfc", "RFC 7644 §3.7.1")]
    public async Task Groups_that_hold_each_other_are_created_and_linked()
    {
        using var tenant = await TenantAsync();

        var results = await RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Groups", Some.Group("a", "bulkId:b", "bulkId:u"), "a"),
            Messages.BulkOperation("POST", "/Groups", Some.Group("b", "bulkId:c"), "b"),
            Messages.BulkOperation("POST", "/Groups", Some.Group("c", "bulkId:a"), "c"),
            Messages.BulkOperation("POST", "/Users", Some.User(), "u")
        );

        results.Select(Status).Should().Equal("201", "201", "201", "201");
        var (a, b, c, u) = (Id(results[0]), Id(results[1]), Id(results[2]), Id(results[3]));
        var read = await tenant.Client.GetAsync("/Groups/" + a);
        GroupMemberTests.Members(read).Should().BeEquivalentTo([b, u]);
        GroupMemberTests.Members(await tenant.Client.GetAsync("/Groups/" + b)).Should().Equal(c);
        GroupMemberTests.Members(await tenant.Client.GetAsync("/Groups/" + c)).Should().Equal(a);
        Text(results[0], "version").Should().Be(read.Tag());
    }

    [Test]
    [Property("Rfc", "RFC 7644 §3.7.1")]
    public async Task Users_who_manage_each_other_or_themselves_are_created_and_linked()
    {
        using var tenant = await TenantAsync();
        JsonObject Managed(string name, string manager)
        {
            var user = Some.User(name);
            user[Messages.Enterprise] = new JsonObject
            {
                ["department"] = "D",
                ["manager"] = new JsonObject { ["value"] = manager },
            };
            return user;
        }

        var results = await RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Users", Managed("a", "bulkId:b"), "a"),
            Messages.BulkOperation("POST", "/Users", Managed("b", "bulkId:a"), "b"),
            Messages.BulkOperation("POST", "/Users", Managed("self", "bulkId:self"), "self")
        );

        results.Select(Status).Should().Equal("201", "201", "201");
        foreach (var (user, manager) in ((int, int)[])[(0, 1), (1, 0), (2, 2)])
        {
            var read = await tenant.Client.GetAsync("/Users/" + Id(results[user]));
            var extension = read.Json.GetProperty(Messages.Enterprise);
            extension.GetProperty("manager").GetProperty("value").GetString().Should().Be(Id(results[manager]));
            extension.GetProperty("department").GetString().Should().Be("D");
            Text(results[user], "version").Should().Be(read.Tag());
        }
    }

    [Test]
    public async Task A_reference_to_what_is_not_made_or_failed_is_409()
    {
        using var tenant = await TenantAsync();

        var results = await RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Groups", Some.Group("a", "bulkId:nobody"), "a"),
            Messages.BulkOperation("POST", "/Groups", Some.Group("b", "bulkId:bad"), "b"),
            Messages.BulkOperation("POST", "/Users", Some.User(""), "bad"),
            Messages.BulkOperation("DELETE", "/Users/bulkId:nobody"),
            Messages.BulkOperation("POST", "/Groups", Some.Group("c"), "c")
        );

        results.Select(Status).Should().Equal("409", "409", "400", "409", "201");
        (await tenant.Client.GetAsync("/Groups")).Total().Should().Be(1);
    }

    [Test]
    public async Task A_circle_with_a_bad_part_still_makes_the_good_ones()
    {
        using var tenant = await TenantAsync();
        var bad = Some.Group("a", "bulkId:b");
        bad["displayName"] = null;

        var results = await RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Groups", bad, "a"),
            Messages.BulkOperation("POST", "/Groups", Some.Group("b", "bulkId:a"), "b"),
            Messages.BulkOperation("POST", "/Users", Some.User(), "u")
        );

        Status(results[0]).Should().Be("400");
        Status(results[2]).Should().Be("201");
        Status(results[1])[0].Should().Be('4', "its member does not exist");
        (await tenant.Client.GetAsync("/Groups")).Total().Should().Be(0);
    }

    [Test]
    public async Task A_bulkId_may_be_given_once()
    {
        using var tenant = await TenantAsync();

        var results = await RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Users", Some.User(), "same"),
            Messages.BulkOperation("POST", "/Users", Some.User(), "same"),
            Messages.BulkOperation("POST", "/Groups", Some.Group("g", "bulkId:same"), "g")
        );

        results.Select(Status).Should().Equal("201", "400", "201");
        GroupMemberTests
            .Members(await tenant.Client.GetAsync("/Groups/" + Id(results[2])))
            .Should()
            .Equal(Id(results[0]));
    }

    [Test]
    public async Task References_of_another_request_or_tenant_mean_nothing()
    {
        using var tenant = await TenantAsync();
        await RunAsync(tenant, Messages.BulkOperation("POST", "/Users", Some.User(), "u"));

        var results = await RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Groups", Some.Group("g", "bulkId:u"), "g")
        );

        results.Select(Status).Should().Equal("409");
    }

    [Test]
    public async Task Chunks_keep_references_over_hundreds_of_operations()
    {
        using var tenant = await TenantAsync();
        var users = Enumerable
            .Range(0, 230)
            .Select(i => Messages.BulkOperation("POST", "/Users", Some.User(), $"u{i}"));
        var all = Enumerable.Range(0, 230).Select(i => $"bulkId:u{i}").ToArray();
        JsonObject[] operations = [Messages.BulkOperation("POST", "/Groups", Some.Group("all", all), "all"), .. users];

        var results = await RunAsync(tenant, operations);

        results.Should().OnlyContain(result => Status(result) == "201");
        GroupMemberTests.Members(await tenant.Client.GetAsync("/Groups/" + Id(results[0]))).Should().HaveCount(230);
    }
}
