using System.Globalization;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.TestKit;
using static Scim.Integration.Tests.Bulk.BulkTests;

namespace Scim.Integration.Tests.Bulk;

[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "Bulk: creations of users that follow one another are written together, each with its own result"
)]
[Property("Rfc", "RFC 7644 §3.7")]
public sealed class BulkCreationTests(DatabaseKind kind) : HttpTests(kind)
{
    [Test]
    public async Task A_user_made_together_with_others_is_the_user_made_alone()
    {
        using var tenant = await TenantAsync();
        using var other = await TenantAsync();
        var manager = (await tenant.Client.PostAsync("/Users", Some.User("boss@example.com")).Expecting(201)).Id;
        var otherManager = (await other.Client.PostAsync("/Users", Some.User("boss@example.com")).Expecting(201)).Id;

        var results = await RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Users", Full("Ärger.1@example.com", manager), "1"),
            Messages.BulkOperation("POST", "/Users", Some.User("plain@example.com"), "2")
        );
        await other.Client.PostAsync("/Users", Full("Ärger.1@example.com", otherManager)).Expecting(201);

        results.Select(Status).Should().Equal("201", "201");
        var together = await tenant.Client.GetAsync("/Users/" + Id(results[0])).Expecting(200);
        Text(results[0], "version").Should().Be(together.Tag(), "the manager shows in it");
        foreach (
            var filter in (string[])
                [
                    "userName eq \"ärger.1@EXAMPLE.com\"",
                    "userName ew \"1@example.com\"",
                    "externalId eq \"e-1\"",
                    "displayName ew \"one\"",
                    "name.familyName eq \"family\" and displayName sw \"display\"",
                    "name.givenName eq \"given\"",
                    "emails.value eq \"second@example.org\"",
                    "emails[value ew \"example.net\"]",
                    "active eq false",
                    "title co \"chief\"",
                ]
        )
        {
            var path = "/Users?filter=" + Uri.EscapeDataString(filter);
            var found = (await tenant.Client.GetAsync(path).Expecting(200)).Json.GetProperty("Resources");
            var alone = (await other.Client.GetAsync(path).Expecting(200)).Json.GetProperty("Resources");
            found.GetArrayLength().Should().Be(1, filter);
            Bare(found[0].GetRawText(), manager).Should().Be(Bare(alone[0].GetRawText(), otherManager), filter);
        }
    }

    [Test]
    public async Task Hundreds_are_made_with_a_refusal_for_each_that_cannot_be()
    {
        using var tenant = await TenantAsync();
        await tenant.Client.PostAsync("/Users", Some.User("user7@example.com")).Expecting(201);
        var operations = Enumerable
            .Range(0, 620)
            .Select(i => Messages.BulkOperation("POST", "/Users", User(i), Number(i)));

        var results = await RunAsync(tenant, [.. operations]);

        string[] expected =
        [
            .. Enumerable
                .Range(0, 620)
                .Select(i =>
                    i is 7 or 311 or 601 ? "409"
                    : i == 450 ? "400"
                    : "201"
                ),
        ];
        results
            .Select(Status)
            .Should()
            .Equal(expected, "taken before, twice in one step, in an earlier step, no userName");
        results.Select(result => Text(result, "bulkId")).Should().Equal(Enumerable.Range(0, 620).Select(Number));
        (await tenant.Client.GetAsync("/Users?count=0")).Total().Should().Be(617);
        var journal = await SendAsync(new TailJournal(tenant.Slug));
        journal
            .Where(line => line.Operation == "user.create" && line.Outcome == "success")
            .Select(line => line.ResourceId)
            .Skip(1)
            .Should()
            .Equal(
                results.Where(result => Status(result) == "201").Select(Id),
                "each has its row, in the order of the request"
            );

        static JsonObject User(int i) =>
            i switch
            {
                311 => Some.User("USER310@example.com"),
                601 => Some.User("user3@example.com"),
                450 => new JsonObject { ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:User") },
                _ => Some.User($"user{i}@example.com"),
            };
    }

    private static string Number(int i) => i.ToString(CultureInfo.InvariantCulture);

    private static JsonObject Full(string userName, string manager)
    {
        const string enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        var user = Some.User(userName);
        user["schemas"]!.AsArray().Add(enterprise);
        user["externalId"] = "e-1";
        user["displayName"] = "Display One";
        user["title"] = "Chief";
        user["active"] = false;
        user["name"] = new JsonObject { ["familyName"] = "Family", ["givenName"] = "Given" };
        user["emails"] = new JsonArray(
            new JsonObject { ["value"] = "first@example.net", ["type"] = "work" },
            new JsonObject { ["value"] = "second@example.org", ["type"] = "home" }
        );
        user[enterprise] = new JsonObject
        {
            ["department"] = "D",
            ["manager"] = new JsonObject { ["value"] = manager },
        };
        return user;
    }

    private static string Bare(string json, string manager)
    {
        var user = JsonNode.Parse(json.Replace(manager, "manager", StringComparison.Ordinal))!.AsObject();
        user.Remove("id");
        user.Remove("meta");
        return user.ToJsonString();
    }
}
