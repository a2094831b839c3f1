using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Overload;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Load)]
[Property("Capability", "The API host needs less than 250 MB with 2,000 users while everything runs at once")]
public sealed class WorkingSetTests(DatabaseKind kind)
{
    private const int Limit = 250;
    private const int Workers = 16;

    [Test]
    public async Task All_kinds_of_requests_at_once_stay_within_the_memory_that_is_promised()
    {
        var users = Soak.Count(2_000, 100_000);
        var rounds = Soak.Count(2, 100);
        await using var database = await TestDatabase.CreateAsync(kind);
        using var server = await ApiProcess.StartAsync(database);
        using var tenant = await TestTenant.CreateAsync(server);
        var group = await LargeGroup.CreateAsync(database, tenant, users);
        server.ForgetPeak();

        await Task.WhenAll(
            Enumerable
                .Range(0, Workers)
                .Select(async _ =>
                {
                    for (var round = 0; round < rounds; round++)
                    {
                        await RunAsync(tenant.Client, group, users, bigAnswers: round % 10 == 0);
                    }
                })
        );

        var peak = server.PeakResident();
        await TestContext.Out.WriteLineAsync($"{kind}: {users} users, {peak} MB at most, {server.Resident()} MB after");
        peak.Should().BeLessThan(Limit);
    }

    [Test]
    [Property(
        "Capability",
        "The API host needs less than 250 MB while eight clients send Bulk requests of 1,000 at once"
    )]
    public async Task Bulk_requests_side_by_side_stay_within_the_memory_that_is_promised()
    {
        var rounds = Soak.Count(1, 12);
        await using var database = await TestDatabase.CreateAsync(kind);
        using var server = await ApiProcess.StartAsync(database);
        using var tenant = await TestTenant.CreateAsync(server);

        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(async _ =>
                {
                    for (var round = 0; round < rounds; round++)
                    {
                        await CreateManyAsync(tenant.Client, 1000);
                    }
                })
        );

        var peak = server.PeakResident();
        await TestContext.Out.WriteLineAsync($"{kind}: {8 * rounds} requests, {peak} MB at most");
        peak.Should().BeLessThan(Limit);
    }

    private static async Task CreateManyAsync(ScimClient client, int count)
    {
        JsonObject[] creates =
        [
            .. Enumerable.Range(0, count).Select(i => Messages.BulkOperation("POST", "/Users", Some.User(), $"u{i}")),
        ];
        await client.PostAsync("/Bulk", Messages.Bulk(creates)).Expecting(200);
    }

    private static async Task RunAsync(ScimClient client, string group, int users, bool bigAnswers)
    {
        var user = await client.PostAsync("/Users", Some.User()).Expecting(201);
        var path = $"/Users/{user.Id}";
        var name = Uri.EscapeDataString($"userName eq \"{user.Json.GetProperty("userName").GetString()}\"");
        await client.GetAsync(path).Expecting(200);
        await client.GetAsync($"/Users?filter={name}").Expecting(200);
        await client.GetAsync("/Users?filter=userName%20sw%20%22member-1%22&count=20").Expecting(200);
        await client.GetAsync("/Users?count=100").Expecting(200);
        await client.GetAsync($"/Users?startIndex={users / 2}&count=100").Expecting(200);
        var first = await client.GetAsync("/Users?cursor&count=200").Expecting(200);
        await client.GetAsync($"/Users?cursor={Uri.EscapeDataString(first.NextCursor()!)}&count=200").Expecting(200);
        await client.PatchAsync(path, Messages.Patch("replace", "title", "Someone")).Expecting(200);
        await client.PutAsync(path, Some.User()).Expecting(200);
        await client.PatchAsync($"/Groups/{group}", Messages.AddMembers(user.Id)).Expecting(204);
        await client.PatchAsync($"/Groups/{group}", Messages.RemoveMember(user.Id)).Expecting(204);
        await client.GetAsync($"/Groups/{group}?excludedAttributes=members").Expecting(200);
        if (bigAnswers)
        {
            await CreateManyAsync(client, 100);
            await client.GetAsync("/Users?count=1000").Expecting(200);
            await client.GetAsync($"/Groups/{group}").Expecting(200);
        }

        await client.SendAsync("DELETE", path, (string?)null).Expecting(204);
    }
}
