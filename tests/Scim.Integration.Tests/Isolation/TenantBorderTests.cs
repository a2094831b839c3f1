using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FluentAssertions;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Schemas;
using Scim.TestKit;

namespace Scim.Integration.Tests.Isolation;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "No request reaches another tenant's data, by any identifier on any route")]
public sealed class TenantBorderTests(DatabaseKind database)
{
    private ApiServer _server = null!;

    private static IEnumerable<TestCaseData> Attacks =>
        Attack.All.Select(attack => new TestCaseData(attack.Name).SetArgDisplayNames(attack.Name));

    // A bulkId of another request, or a path that climbs out, is wrong at home as well.
    private static IEnumerable<TestCaseData> AttacksWithARightForm =>
        Attack
            .All.Where(attack =>
                attack.Expect != Expect.RefusedOperation
                || !(
                    attack.Name.Contains("bulkId", StringComparison.Ordinal)
                    || attack.Name.Contains("climbs", StringComparison.Ordinal)
                )
            )
            .Select(attack => new TestCaseData(attack.Name).SetArgDisplayNames(attack.Name));

    [OneTimeSetUp]
    public async Task Start() => _server = await ApiServer.SharedAsync(database);

    [TestCaseSource(nameof(Attacks))]
    public async Task Another_tenants_token_gets_nothing_and_changes_nothing(string name)
    {
        var attack = Attack.All.Single(one => one.Name == name);
        using var victim = await PopulatedTenant.CreateAsync(_server);
        using var attacker = await PopulatedTenant.CreateAsync(_server);
        var before = await victim.SnapshotAsync();
        var ownBefore = await attacker.SnapshotAsync();

        var answer = await attack.Request(victim, attacker).SendAsync(attacker.Client);

        Check(attack.Expect, answer);
        (await victim.SnapshotAsync()).Should().Equal(before);
        (await attacker.SnapshotAsync()).Should().Equal(ownBefore);
        var journal = await JournalRow.ReadAsync(_server, attacker.Tenant.Slug);
        journal.Where(row => row.Outcome == "success").Should().NotContain(row => row.ResourceId == victim.User);
    }

    /// <summary>What is refused above must be refused for the border alone.</summary>
    [TestCaseSource(nameof(AttacksWithARightForm))]
    public async Task The_same_request_succeeds_at_home(string name)
    {
        var attack = Attack.All.Single(one => one.Name == name);
        using var home = await PopulatedTenant.CreateAsync(_server);

        var answer = await attack.Request(home, home).SendAsync(home.Client);

        answer.Status.Should().BeOneOf([200, 201, 204, 304], answer.Text);
        if (attack.Expect == Expect.Nothing)
        {
            answer.Json.GetProperty("totalResults").GetInt32().Should().BePositive();
        }
        else if (attack.Expect == Expect.RefusedOperation)
        {
            StatusOfOperation(answer).Should().BeInRange(200, 204, answer.Text);
        }
    }

    [Test]
    public void Every_route_with_an_identifier_is_attacked()
    {
        var attacked = Attack.All.Select(attack => attack.Route).ToHashSet();

        var routes = Routes
            .Of(_server)
            .Where(route => route.IsTenantData)
            // The answer to HEAD on a list tells nothing of what was found.
            .Where(route => route.Method != "HEAD" || route.Path.Contains('{', StringComparison.Ordinal))
            .Select(route => $"{route.Method} {route.Path}")
            .ToList();

        routes.Should().HaveCountGreaterThan(15);
        // A user is created under no identifier but its own; the next tests send a foreign one in the body.
        routes.Except(attacked).Should().BeEquivalentTo("POST /Users");
    }

    [Test]
    public async Task An_id_in_the_body_of_a_new_resource_is_ignored()
    {
        using var victim = await PopulatedTenant.CreateAsync(_server);
        using var attacker = await PopulatedTenant.CreateAsync(_server);
        var before = await victim.SnapshotAsync();
        var user = Some.User();
        user["id"] = victim.User;
        var group = Some.Group();
        group["id"] = victim.Group;

        var createdUser = await attacker.Client.PostAsync("/Users", user);
        var createdGroup = await attacker.Client.PostAsync("/Groups", group);

        createdUser.Status.Should().Be(201);
        createdUser.Id.Should().NotBe(victim.User);
        createdGroup.Status.Should().Be(201);
        createdGroup.Id.Should().NotBe(victim.Group);
        (await victim.SnapshotAsync()).Should().Equal(before);
    }

    [Test]
    public async Task Names_taken_in_one_tenant_are_free_in_another()
    {
        using var victim = await PopulatedTenant.CreateAsync(_server);
        using var attacker = await PopulatedTenant.CreateAsync(_server);
        var user = Some.User(victim.UserName);
        user["externalId"] = "external-" + victim.UserName;

        (await attacker.Client.PostAsync("/Users", user)).Status.Should().Be(201);
        (await attacker.Client.PostAsync("/Groups", Some.Group(victim.GroupName))).Status.Should().Be(201);
    }

    [TestCase("POST")]
    [TestCase("PUT")]
    [TestCase("PATCH")]
    public async Task A_manager_of_another_tenant_is_kept_as_text_and_not_resolved(string method)
    {
        using var victim = await PopulatedTenant.CreateAsync(_server);
        using var attacker = await PopulatedTenant.CreateAsync(_server);
        var before = await victim.SnapshotAsync();
        var manager = new JsonObject { ["manager"] = new JsonObject { ["value"] = victim.User } };
        var user = Some.User();
        user[Messages.Enterprise] = manager;
        var patch = Messages.Patch("add", $"{Messages.Enterprise}:manager.value", victim.User);

        var answer = method switch
        {
            "POST" => await attacker.Client.PostAsync("/Users", user),
            "PUT" => await attacker.Client.PutAsync($"/Users/{attacker.User}", user),
            _ => await attacker.Client.PatchAsync($"/Users/{attacker.User}", patch),
        };

        answer.Status.Should().BeOneOf([200, 201], answer.Text);
        string[] texts =
        [
            answer.Text,
            (await attacker.Client.GetAsync($"/Users/{answer.Id}")).Text,
            (await attacker.Client.GetAsync("/Users?count=1000")).Text,
        ];
        foreach (var text in texts)
        {
            text.Should().Contain(victim.User).And.NotContain(victim.UserName);
            text.Should().NotContain($"/Users/{victim.User}");
        }

        (await victim.SnapshotAsync()).Should().Equal(before);
    }

    [Test]
    public async Task A_foreign_reference_beside_an_own_member_is_replaced_by_the_own_one()
    {
        using var victim = await PopulatedTenant.CreateAsync(_server);
        using var attacker = await PopulatedTenant.CreateAsync(_server);
        var location = (await victim.Client.GetAsync($"/Users/{victim.User}")).Header("Location");
        var member = new JsonObject
        {
            ["value"] = attacker.Subordinate,
            ["$ref"] = location ?? $"/scim/v2/Users/{victim.User}",
            ["display"] = victim.UserName,
        };

        var answer = await attacker.Client.PatchAsync(
            $"/Groups/{attacker.Group}",
            Messages.Patch("add", "members", new JsonArray(member))
        );

        answer.Status.Should().BeOneOf([204, 400], answer.Text);
        (await attacker.Client.GetAsync($"/Groups/{attacker.Group}"))
            .Text.Should()
            .NotContain(victim.User)
            .And.NotContain(victim.UserName);
    }

    [Test]
    public async Task A_foreign_reference_alone_is_no_member()
    {
        using var victim = await PopulatedTenant.CreateAsync(_server);
        using var attacker = await PopulatedTenant.CreateAsync(_server);
        var group = Some.Group();
        group["members"] = new JsonArray(new JsonObject { ["$ref"] = $"../Users/{victim.User}" });

        var answer = await attacker.Client.PostAsync("/Groups", group);

        answer.Status.Should().Be(400, answer.Text);
        answer.Text.Should().NotContain(victim.UserName);
    }

    [TestCase("GET", "/Users")]
    [TestCase("GET", "/Groups")]
    [TestCase("GET", "")]
    [TestCase("POST", "/Users")]
    [TestCase("POST", "/Groups")]
    [TestCase("POST", "")]
    [Property("Rfc", "RFC 9865 §2")]
    public async Task A_cursor_of_another_tenant_is_no_cursor(string method, string path)
    {
        using var victim = await PopulatedTenant.CreateAsync(_server);
        using var attacker = await PopulatedTenant.CreateAsync(_server);
        var first = await PageAsync(victim.Client, "");
        var cursor = first.Json.GetProperty("nextCursor").GetString()!;

        var stolen = await PageAsync(attacker.Client, cursor);
        var own = await PageAsync(victim.Client, cursor);

        stolen.Status.Should().Be(400, stolen.Text);
        stolen.Json.GetProperty("scimType").GetString().Should().Be("invalidCursor");
        own.Status.Should().Be(200, own.Text);

        Task<ScimResponse> PageAsync(ScimClient client, string at)
        {
            var search = Messages.Search("id pr");
            search["count"] = 1;
            search["cursor"] = at;
            return method == "GET"
                ? client.GetAsync($"{path}?filter=id%20pr&count=1&cursor={at}")
                : client.PostAsync($"{path}/.search", search);
        }
    }

    [Test]
    public async Task An_extension_schema_of_another_tenant_does_not_exist()
    {
        using var victim = await PopulatedTenant.CreateAsync(_server);
        using var attacker = await PopulatedTenant.CreateAsync(_server);
        var urn = $"urn:example:params:scim:schemas:{victim.Tenant.Slug}:2.0:User";
        var schema = $$"""
            {"id":"{{urn}}","name":"Badge","attributes":[{"name":"badge","type":"string","multiValued":false}]}
            """;
        await using (var scope = _server.Services.CreateAsyncScope())
        {
            var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
            await mediator.Send(new AddTenantSchema(victim.Tenant.Slug, "User", Encoding.UTF8.GetBytes(schema)));
        }

        var filter = Uri.EscapeDataString($"{urn}:badge pr");

        // Replicas learn of it within a second.
        Assert.That(
            async () => (await victim.Client.GetAsync($"/Schemas/{urn}")).Status,
            Is.EqualTo(200).After(2000, 50)
        );
        (await victim.Client.GetAsync($"/Users?filter={filter}")).Status.Should().Be(200);
        (await attacker.Client.GetAsync($"/Schemas/{urn}")).Status.Should().Be(404);
        (await attacker.Client.GetAsync("/Schemas")).Text.Should().NotContain(urn);
        (await attacker.Client.GetAsync("/ResourceTypes")).Text.Should().NotContain(urn);
        (await attacker.Client.GetAsync($"/Users?filter={filter}")).Status.Should().Be(400);
    }

    [Test]
    public async Task Counts_are_of_ones_own_tenant_only()
    {
        using var victim = await PopulatedTenant.CreateAsync(_server);
        using var empty = await TestTenant.CreateAsync(_server);

        foreach (var path in (string[])["/Users", "/Groups", "?filter=id%20pr"])
        {
            (await empty.Client.GetAsync(path)).Json.GetProperty("totalResults").GetInt32().Should().Be(0);
        }
    }

    private static void Check(Expect expect, ScimResponse answer)
    {
        switch (expect)
        {
            case Expect.NotFound:
                answer.Status.Should().Be(404, answer.Text);
                break;
            case Expect.Nothing:
                answer.Status.Should().Be(200, answer.Text);
                answer.Json.GetProperty("totalResults").GetInt32().Should().Be(0);
                break;
            case Expect.NoEffect:
                answer.Status.Should().BeOneOf([204, 400], answer.Text);
                break;
            case Expect.Refused:
                answer.Status.Should().Be(400, answer.Text);
                answer.Json.GetProperty("scimType").GetString().Should().Be("invalidValue");
                break;
            default:
                answer.Status.Should().Be(200, answer.Text);
                StatusOfOperation(answer).Should().BeOneOf([400, 404, 409], answer.Text);
                break;
        }
    }

    private static int StatusOfOperation(ScimResponse bulk) =>
        int.Parse(
            bulk.Json.GetProperty("Operations")[0].GetProperty("status").GetString()!,
            CultureInfo.InvariantCulture
        );
}
