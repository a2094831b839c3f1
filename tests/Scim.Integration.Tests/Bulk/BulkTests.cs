using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.Integration.Tests.Groups;
using Scim.TestKit;

namespace Scim.Integration.Tests.Bulk;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Bulk: every method, results per operation, limits, one bad operation loses no other")]
[Property("Rfc", "RFC 7644 §3.7")]
public sealed class BulkTests(DatabaseKind kind) : HttpTests(kind)
{
    [Test]
    public async Task Every_method_is_run_and_answered_with_status_location_and_version()
    {
        using var tenant = await TenantAsync();
        var user = (await tenant.Client.PostAsync("/Users", Some.User("old@example.com")).Expecting(201)).Id;
        var doomed = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var group = (await tenant.Client.PostAsync("/Groups", Some.Group("g")).Expecting(201)).Id;

        var results = await RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Users", Some.User("new@example.com"), "u"),
            Messages.BulkOperation("POST", "/Groups", Some.Group("new"), "g"),
            Messages.BulkOperation("PUT", $"/Users/{user}", Some.User("replaced@example.com")),
            Messages.BulkOperation("PATCH", $"/Users/{user}", Messages.Patch("add", "title", "T"), "with an id"),
            Messages.BulkOperation("PATCH", $"/Groups/{group}", Messages.AddMembers(user)),
            Messages.BulkOperation("PUT", $"/Groups/{group}", Some.Group("put", user)),
            Messages.BulkOperation("DELETE", $"/Users/{doomed}"),
            Messages.BulkOperation("delete", $"/Groups/{group}")
        );

        results.Select(Status).Should().Equal("201", "201", "200", "200", "204", "200", "204", "204");
        results
            .Select(result => Text(result, "method"))
            .Should()
            .Equal("POST", "POST", "PUT", "PATCH", "PATCH", "PUT", "DELETE", "DELETE");
        results
            .Select(result => Text(result, "bulkId"))
            .Should()
            .Equal("u", "g", null, "with an id", null, null, null, null);
        results.Should().OnlyContain(result => Text(result, "location") != null);
        Text(results[6], "location").Should().EndWith($"/scim/v2/Users/{doomed}");
        var created = await tenant.Client.GetAsync("/Users/" + Id(results[0])).Expecting(200);
        created.Json.GetProperty("userName").GetString().Should().Be("new@example.com");
        Text(results[0], "version").Should().Be(created.Tag());
        Text(results[0], "location").Should().Be(created.Json.GetProperty("meta").GetProperty("location").GetString());
        (await tenant.Client.GetAsync("/Groups/" + Id(results[1]))).Tag().Should().Be(Text(results[1], "version"));
        var changed = await tenant.Client.GetAsync("/Users/" + user);
        changed.Json.GetProperty("title").GetString().Should().Be("T");
        Text(results[3], "version")
            .Should()
            .Be(Text(results[2], "version")!.Replace("2", "3", StringComparison.Ordinal));
        await tenant.Client.GetAsync("/Users/" + doomed).Expecting(404);
        await tenant.Client.GetAsync("/Groups/" + group).Expecting(404);
    }

    [Test]
    public async Task The_answer_is_a_bulk_response()
    {
        using var tenant = await TenantAsync();

        var answer = await tenant.Client.PostAsync(
            "/Bulk",
            Messages.Bulk(Messages.BulkOperation("POST", "/Users", Some.User(), "u"))
        );

        answer.Status.Should().Be(200);
        answer.Header("Content-Type").Should().StartWith("application/scim+json");
        answer
            .Json.GetProperty("schemas")[0]
            .GetString()
            .Should()
            .Be("urn:ietf:params:scim:api:messages:2.0:BulkResponse");
    }

    [Test]
    public async Task One_bad_operation_loses_no_other()
    {
        using var tenant = await TenantAsync();
        await tenant.Client.PostAsync("/Users", Some.User("taken@example.com")).Expecting(201);
        var missing = Guid.NewGuid();

        var results = await RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Users", Some.User("a@example.com"), "1"),
            Messages.BulkOperation("POST", "/Users", Some.User("TAKEN@example.com"), "2"),
            Messages.BulkOperation(
                "POST",
                "/Users",
                new JsonObject { ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:User") },
                "3"
            ),
            Messages.BulkOperation("PATCH", $"/Users/{missing}", Messages.Patch("add", "title", "T")),
            Messages.BulkOperation("DELETE", $"/Groups/{missing}"),
            Messages.BulkOperation("POST", "/Groups", Some.Group("g", missing.ToString()), "6"),
            Messages.BulkOperation("POST", "/Unknown", Some.User(), "7"),
            Messages.BulkOperation("GET", "/Users"),
            Messages.BulkOperation("POST", "/Users", Some.User()),
            Messages.BulkOperation("PUT", "/Users", Some.User()),
            Messages.BulkOperation("POST", "/Users", null, "11"),
            Messages.BulkOperation("PUT", "/Users/not-an-id", Some.User()),
            Messages.BulkOperation("POST", "/Users", Some.User("b@example.com"), "13")
        );

        results
            .Select(Status)
            .Should()
            .Equal("201", "409", "400", "404", "404", "400", "404", "400", "400", "400", "400", "404", "201");
        foreach (var failed in results.Where(result => Status(result)[0] == '4'))
        {
            var error = failed.GetProperty("response");
            error.GetProperty("status").GetString().Should().Be(Status(failed));
            error.GetProperty("schemas")[0].GetString().Should().Be("urn:ietf:params:scim:api:messages:2.0:Error");
            error.GetProperty("detail").GetString().Should().NotBeNullOrEmpty();
        }

        results[1].GetProperty("response").GetProperty("scimType").GetString().Should().Be("uniqueness");
        results[5].GetProperty("response").GetProperty("scimType").GetString().Should().Be("invalidValue");
        Text(results[1], "location").Should().BeNull("a failed POST has none");
        Text(results[3], "location").Should().EndWith($"/Users/{missing}", "RFC 7644 §3.7.3");
        Text(results[4], "location").Should().EndWith($"/Groups/{missing}");
        (await tenant.Client.GetAsync("/Users")).Total().Should().Be(3);
        (await tenant.Client.GetAsync("/Groups")).Total().Should().Be(0);
    }

    [TestCase(1, 2)]
    [TestCase(2, 4)]
    [TestCase(3, 5)]
    [TestCase(0, 5)]
    [TestCase(null, 5)]
    public async Task After_failOnErrors_errors_the_rest_is_not_run(int? failOnErrors, int answered)
    {
        using var tenant = await TenantAsync();
        var bulk = Messages.Bulk(
            Messages.BulkOperation("POST", "/Users", Some.User("a@example.com"), "1"),
            Messages.BulkOperation("POST", "/Users", Some.User("A@example.com"), "2"),
            Messages.BulkOperation("POST", "/Users", Some.User("b@example.com"), "3"),
            Messages.BulkOperation("POST", "/Users", Some.User("B@example.com"), "4"),
            Messages.BulkOperation("POST", "/Users", Some.User("c@example.com"), "5")
        );
        if (failOnErrors is not null)
        {
            bulk["failOnErrors"] = failOnErrors;
        }

        var answer = await tenant.Client.PostAsync("/Bulk", bulk).Expecting(200);

        var results = Results(answer);
        results.Should().HaveCount(answered);
        (await tenant.Client.GetAsync("/Users")).Total().Should().Be(results.Count(result => Status(result) == "201"));
    }

    [Test]
    public async Task A_version_is_the_operations_if_match()
    {
        using var tenant = await TenantAsync();
        var user = await tenant.Client.PostAsync("/Users", Some.User("u@example.com")).Expecting(201);
        var group = await tenant.Client.PostAsync("/Groups", Some.Group("g")).Expecting(201);
        JsonObject With(string? version, JsonObject operation)
        {
            operation["version"] = version;
            return operation;
        }

        var results = await RunAsync(
            tenant,
            With("W/\"99\"", Messages.BulkOperation("PUT", $"/Users/{user.Id}", Some.User("v@example.com"))),
            With(user.Tag(), Messages.BulkOperation("PUT", $"/Users/{user.Id}", Some.User("v@example.com"))),
            With(user.Tag(), Messages.BulkOperation("DELETE", $"/Users/{user.Id}")),
            With(group.Tag(), Messages.BulkOperation("PATCH", $"/Groups/{group.Id}", Messages.AddMembers(user.Id))),
            With(group.Tag(), Messages.BulkOperation("PATCH", $"/Groups/{group.Id}", Messages.RemoveMember(user.Id))),
            With("*", Messages.BulkOperation("DELETE", $"/Groups/{group.Id}"))
        );

        results.Select(Status).Should().Equal("412", "200", "412", "204", "412", "204");
    }

    [Test]
    [Property("Rfc", "RFC 7644 §3.7.4")]
    public async Task More_operations_or_bytes_than_announced_are_413()
    {
        using var tenant = await TenantAsync();
        var bulk = (await tenant.Client.GetAsync("/ServiceProviderConfig")).Json.GetProperty("bulk");
        bulk.GetProperty("maxOperations").GetInt32().Should().Be(1000);
        var payload = bulk.GetProperty("maxPayloadSize").GetInt32();
        var many = Enumerable
            .Range(0, 1001)
            .Select(i => Messages.BulkOperation("DELETE", $"/Users/{Guid.NewGuid()}"))
            .ToArray();

        var tooMany = await tenant.Client.PostAsync("/Bulk", Messages.Bulk(many));
        var enough = await tenant.Client.PostAsync("/Bulk", Messages.Bulk([.. many[..1000].Select(Copy)]));
        var tooLarge = await tenant.Client.PostAsync("/Bulk", new string(' ', payload + 1));

        tooMany.Status.Should().Be(413, tooMany.Text);
        tooMany.Json.GetProperty("detail").GetString().Should().Contain("1000");
        tooMany.Json.GetProperty("status").GetString().Should().Be("413");
        enough.Status.Should().Be(200);
        tooLarge.Status.Should().Be(413);
    }

    [TestCase("{}")]
    [TestCase("[]")]
    [TestCase("""{"schemas":[],"Operations":[]}""")]
    [TestCase("""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]}""")]
    [TestCase("""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[]}""")]
    [TestCase("""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":{}}""")]
    [TestCase("""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[1]}""")]
    [TestCase("""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":1}]}""")]
    [TestCase(
        """{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"method":"DELETE","path":"/Users/1"}]}"""
    )]
    [TestCase(
        """{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"DELETE","path":"/Users/1"}"""
    )]
    public async Task What_is_no_bulk_request_is_refused_as_a_whole(string body)
    {
        using var tenant = await TenantAsync();

        var refused = await tenant.Client.PostAsync("/Bulk", body);

        refused.Status.Should().Be(400, refused.Text);
        refused.ScimType().Should().Be("invalidSyntax");
    }

    [TestCase("-1")]
    [TestCase("\"1\"")]
    [TestCase("1.5")]
    public async Task FailOnErrors_must_be_a_whole_number(string value)
    {
        using var tenant = await TenantAsync();

        var refused = await tenant.Client.PostAsync(
            "/Bulk",
            $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":{{value}},"Operations":[{"method":"DELETE","path":"/Users/1"}]}"""
        );

        refused.Status.Should().Be(400, refused.Text);
    }

    [Test]
    public async Task Every_operation_has_its_journal_row()
    {
        using var tenant = await TenantAsync();

        var results = await RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Users", Some.User("u@example.com"), "u"),
            Messages.BulkOperation("POST", "/Groups", Some.Group("g", "bulkId:u"), "g"),
            Messages.BulkOperation("PATCH", "/Users/bulkId:u", Messages.Patch("add", "title", "T")),
            Messages.BulkOperation("POST", "/Users", Some.User("U@example.com"), "twin"),
            Messages.BulkOperation("DELETE", "/Groups/bulkId:g")
        );

        results.Select(Status).Should().Equal("201", "201", "200", "409", "204");
        var user = Id(results[0]);
        var group = Id(results[1]);
        IReadOnlyList<JournalLine> journal = [];
        for (var i = 0; i < 50 && !journal.Any(line => line.Outcome == "refused"); i++)
        {
            await Task.Delay(100);
            journal = await SendAsync(new TailJournal(tenant.Slug));
        }

        journal
            .Where(line => line.ResourceType is "User" or "Group" && line.Outcome == "success")
            .Select(line => $"{line.Operation} {line.ResourceId}")
            .Should()
            .Equal($"user.create {user}", $"group.create {group}", $"user.update {user}", $"group.delete {group}");
        journal.Should().ContainSingle(line => line.Operation == "user.create" && line.Outcome == "refused");
    }

    internal static async Task<JsonElement[]> RunAsync(TestTenant tenant, params JsonObject[] operations) =>
        Results(await tenant.Client.PostAsync("/Bulk", Messages.Bulk(operations)).Expecting(200));

    internal static string Status(JsonElement result) => result.GetProperty("status").GetString()!;

    internal static string Id(JsonElement result) => Text(result, "location")!.Split('/')[^1];

    internal static string? Text(JsonElement result, string name) =>
        result.TryGetProperty(name, out var text) ? text.GetString() : null;

    private static JsonElement[] Results(ScimResponse answer) =>
        [.. answer.Json.GetProperty("Operations").EnumerateArray()];

    private static JsonObject Copy(JsonObject operation) => operation.DeepClone().AsObject();
}
