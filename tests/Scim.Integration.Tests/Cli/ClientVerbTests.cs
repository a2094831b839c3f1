using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Cli;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Operator verbs")]
public sealed class ClientVerbTests(DatabaseKind kind)
{
    private readonly string _slug = Some.Slug();
    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(kind);
        await RunAsync("tenant", "create", _slug);
    }

    [OneTimeTearDown]
    public async Task Stop() => await _database.DisposeAsync();

    [Test]
    public async Task The_clients_of_a_tenant_are_listed_oldest_first()
    {
        var other = Some.Slug();
        await RunAsync("tenant", "create", other);
        var first = await RunAsync("client", "create", other, "--profile", "okta");
        var second = await RunAsync("client", "create", other, "--name", "second", "--scopes", "scim:read");
        await RunAsync("client", "create", _slug);

        var listed = (await RunAsync("client", "list", other)).EnumerateArray().ToList();

        listed
            .Select(client => Text(client, "clientId"))
            .Should()
            .Equal(Text(first, "clientId"), Text(second, "clientId"));
        Text(listed[0], "profile").Should().Be("okta");
        Text(listed[1], "name").Should().Be("second");
        Text(listed[1], "scopes").Should().Be("scim:read");
        Text(listed[1], "state").Should().Be("active");
        listed[0].GetProperty("createdAt").GetDateTimeOffset().Should().BeBefore(TimeProvider.System.GetUtcNow());
    }

    [Test]
    public async Task What_a_client_deviated_in_is_shown_with_its_count_and_times()
    {
        var before = TimeProvider.System.GetUtcNow().AddSeconds(-1);
        var server = await ApiServer.StartAsync(_database);
        using var tenant = await TestTenant.CreateAsync(server);
        foreach (var user in new[] { Some.User(), Some.User() })
        {
            user["schemas"]!.AsArray().Add("urn:example:unknown");
            await tenant.Client.PostAsync("/Users", user).Expecting(201);
        }

        // A server that stops writes down what it has counted.
        await server.DisposeAsync();
        var deviations = (await RunAsync("client", "deviations", tenant.ClientId)).EnumerateArray().ToList();

        var seen = deviations.Should().ContainSingle().Subject;
        Text(seen, "kind").Should().Be("UnknownSchema");
        seen.GetProperty("count").GetInt64().Should().Be(2);
        var last = seen.GetProperty("lastSeen").GetDateTimeOffset();
        last.Should().BeOnOrBefore(TimeProvider.System.GetUtcNow());
        seen.GetProperty("firstSeen").GetDateTimeOffset().Should().BeAfter(before).And.BeOnOrBefore(last);
    }

    [Test]
    public async Task A_client_that_has_shown_no_deviation_has_none()
    {
        var client = await RunAsync("client", "create", _slug);

        var deviations = await RunAsync("client", "deviations", Text(client, "clientId"));

        deviations.GetArrayLength().Should().Be(0);
    }

    [TestCase("list", "nobody")]
    [TestCase("deviations", "0199c0de-0000-7000-8000-000000000000")]
    public async Task What_there_is_not_is_refused_by_its_name(string verb, string name)
    {
        var refused = await TestKit.Cli.RunAsync(_database, "client", verb, name, "--json");

        refused.ExitCode.Should().Be(1);
        refused.Error.Should().Contain(name);
        refused.Output.Should().BeEmpty();
    }

    // Plans are data: which there are is not known before the database is asked.
    [Test]
    public async Task A_plan_that_there_is_not_is_refused()
    {
        var slug = Some.Slug();
        var refused = await TestKit.Cli.RunAsync(_database, "tenant", "create", slug, "--plan", "gold", "--json");

        refused.ExitCode.Should().Be(1);
        refused.Error.Should().Contain("plan: names no plan");
        var tenants = await TestKit.Cli.RunAsync(_database, "tenant", "list", "--json");
        tenants.Output.Should().NotContain(slug);
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private async Task<JsonElement> RunAsync(params string[] verb) =>
        (await TestKit.Cli.RunAsync(_database, [.. verb, "--json"])).Json;
}
