using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Groups;

/// <summary>Whatever mixture of steps one PATCH holds, it comes to what the steps come to one by one on a plain set.</summary>
[TestFixtureSource(typeof(Databases))]
[Category(Soak.Property)]
[Property(
    "Capability",
    "A PATCH may mix any additions and removals of members, and its journal row names what really changed"
)]
[Property("Rfc", "RFC 7644 §3.5.2")]
public sealed class MembershipLawTests(DatabaseKind kind) : HttpTests(kind)
{
    [Test]
    public async Task Steps_of_one_patch_are_those_of_a_set()
    {
        var random = Some.Random();
        using var tenant = await TenantAsync();
        var users = await GroupMemberTests.UsersAsync(tenant, 4);
        var groups = new string[3];
        for (var i = 0; i < groups.Length; i++)
        {
            groups[i] = (await tenant.Client.PostAsync("/Groups", Some.Group()).Expecting(201)).Id;
        }

        string[] all = [.. users, .. groups];
        var id = (await tenant.Client.PostAsync("/Groups", Some.Group()).Expecting(201)).Id;
        var model = new HashSet<string>();
        for (var left = Soak.Count(60, 2_000); left > 0; left--)
        {
            var before = model.ToHashSet();
            var operations = Enumerable
                .Range(0, random.Next(1, 5))
                .Select(_ => Step(random, all, users, model))
                .ToArray();
            var isReplaced = random.Next(6) == 0;
            if (isReplaced)
            {
                // The attributes change too, so that the group's own row is written.
                operations = [.. operations, Operation("replace", "externalId", Guid.NewGuid().ToString())];
            }

            var body = new JsonObject
            {
                ["schemas"] = new JsonArray("urn:ietf:params:scim:api:messages:2.0:PatchOp"),
                ["Operations"] = new JsonArray([.. operations]),
            };
            var tag = (await tenant.Client.GetAsync($"/Groups/{id}?attributes=id")).Tag();
            var ifMatch = random.Next(4) == 0 ? tag : null;
            (await tenant.Client.PatchAsync("/Groups/" + id, body, ("If-Match", ifMatch)))
                .Status.Should()
                .BeLessThan(300);

            var after = await tenant.Client.GetAsync("/Groups/" + id);
            GroupMemberTests.Members(after).Should().BeEquivalentTo(model, body.ToJsonString());
            (after.Tag() != tag).Should().Be(isReplaced || !before.SetEquals(model), body.ToJsonString());
        }

        await JournalShouldLeadToAsync(id, model);
    }

    private static JsonObject Step(Random random, string[] all, string[] users, HashSet<string> model)
    {
        string[] some = [.. all.Where(_ => random.Next(3) == 0)];
        switch (random.Next(6))
        {
            case 0 or 1:
                model.UnionWith(some);
                return Operation("add", "members", Messages.Members(some));
            case 2:
                model.ExceptWith(some);
                return Operation("remove", "members", Messages.Members(some));
            case 3:
                var one = all[random.Next(all.Length)];
                model.Remove(one);
                return Operation("remove", $"members[value eq \"{one}\"]");
            case 4:
                var removesUsers = random.Next(2) == 0;
                model.RemoveWhere(member => users.Contains(member) == removesUsers);
                return Operation("remove", $"members[type eq \"{(removesUsers ? "User" : "Group")}\"]");
            default:
                model.Clear();
                model.UnionWith(some);
                return Operation("replace", "members", Messages.Members(some));
        }
    }

    private static JsonObject Operation(string op, string path, JsonNode? value = null)
    {
        var operation = new JsonObject { ["op"] = op, ["path"] = path };
        if (value is not null)
        {
            operation["value"] = value;
        }

        return operation;
    }

    private async Task JournalShouldLeadToAsync(string group, HashSet<string> members)
    {
        var replayed = new HashSet<string>();
        foreach (var change in await JournalChange.ReadAsync(Server, group))
        {
            SHA256.HashData([.. change.Salt, .. Encoding.UTF8.GetBytes(change.Text)]).Should().Equal(change.Digest);
            if (!change.Json.TryGetProperty("members", out var effect))
            {
                continue;
            }

            foreach (var id in Ids(effect, "added"))
            {
                replayed.Add(id).Should().BeTrue("only who was not a member is named as added");
            }

            foreach (var id in Ids(effect, "removed"))
            {
                replayed.Remove(id).Should().BeTrue("only who was a member is named as removed");
            }
        }

        replayed.Should().BeEquivalentTo(members);
    }

    private static IEnumerable<string> Ids(JsonElement effect, string name) =>
        effect.TryGetProperty(name, out var ids) ? ids.EnumerateArray().Select(id => id.GetString()!) : [];
}
