using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Search;

[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "Filters: the whole grammar, every operator on every kind of attribute, in SQL on both databases"
)]
[Property("Rfc", "RFC 7644 §3.4.2.2")]
public sealed class EmailSearchTests(DatabaseKind kind) : HttpTests(kind)
{
    [Test]
    public async Task Every_address_finds_its_user_after_each_kind_of_change()
    {
        using var tenant = await TenantAsync();
        var body = Some.User();
        body["emails"] = Emails("one@a.example", "two@a.example", "three@a.example");
        var path = "/Users/" + (await tenant.Client.PostAsync("/Users", body).Expecting(201)).Id;

        // Leaves the addresses alone.
        await ChangeAsync(Messages.Patch("replace", "title", "Boss"), ["one@a", "two@a", "three@a"], []);
        // The same values, but another one first: only the others are rows of their own.
        await ChangeAsync(Replaced("three@a.example", "one@a.example"), ["one@a", "three@a"], ["two@a"]);
        await ChangeAsync(Replaced("four@a.example", "one@a.example"), ["four@a", "one@a"], ["two@a", "three@a"]);
        await ChangeAsync(Replaced("one@a.example"), ["one@a"], ["four@a", "three@a"]);
        await ChangeAsync(Messages.Patch("remove", "emails"), [], ["one@a", "four@a"]);

        async Task ChangeAsync(JsonObject patch, string[] found, string[] lost)
        {
            await tenant.Client.PatchAsync(path, patch).Expecting(200);
            foreach (var (address, count) in found.Select(a => (a, 1)).Concat(lost.Select(a => (a, 0))))
            {
                foreach (
                    var condition in (string[])
                        [$"eq \"{address}.example\"", $"sw \"{address}\"", $"ew \"{address}.example\""]
                )
                {
                    var filter = Uri.EscapeDataString("emails.value " + condition);
                    (await tenant.Client.GetAsync("/Users?filter=" + filter)).Total().Should().Be(count, condition);
                }
            }
        }
    }

    private static JsonObject Replaced(params string[] addresses) =>
        Messages.Patch("replace", "emails", Emails(addresses));

    private static JsonArray Emails(params string[] addresses) =>
        [.. addresses.Select(address => new JsonObject { ["value"] = address })];
}
