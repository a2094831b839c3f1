using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Security;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A tenant's limits are held exactly, however many ask at once, and lose nothing that is there")]
public sealed class TenantLimitTests(DatabaseKind kind)
{
    private AdminHost _host = null!;
    private AdminClient _admin = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await AdminHost.StartAsync(kind);

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    // One of the tests lets months pass.
    [SetUp]
    public async Task SignIn() => _admin = await _host.SignInAsync("platform-admin", stepUp: false);

    [TearDown]
    public void SignOut() => _admin.Dispose();

    [Test]
    [Category(Soak.Concurrency)]
    public async Task Of_a_hundred_creates_at_forty_nine_of_fifty_one_succeeds()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        // Made before there was a limit: counted in several rows.
        var first = await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);
        for (var i = 1; i < 20; i++)
        {
            await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);
        }

        await OnPlanAsync(tenant, "trial");
        for (var i = 20; i < 49; i++)
        {
            await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);
        }

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(_ => tenant.Client.PostAsync("/Users", Some.User()))
        );

        answers.Count(answer => answer.Status == 201).Should().Be(1);
        var refused = answers.Where(answer => answer.Status == 403).ToList();
        refused.Should().HaveCount(99);
        refused[0].Json.GetProperty("detail").GetString().Should().Contain("limit of 50 users");
        (await UsersAsync(tenant)).Should().Be((50, 50, true));
        (await tenant.Client.GetAsync("/Users?count=0")).Json.GetProperty("totalResults").GetInt32().Should().Be(50);

        (await _host.SendAsync(new ListTenantsNearLimit(100)))
            .Should()
            .ContainSingle(near => near.Slug == tenant.Slug && near.Users == 50 && near.Limit == 50);

        // Whoever is there can be changed and removed, and makes room for one.
        await tenant
            .Client.PatchAsync($"/Users/{first.Id}", Messages.Patch("replace", "displayName", "x"))
            .Expecting(200);
        await tenant.Client.DeleteAsync($"/Users/{first.Id}").Expecting(204);
        await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);
        (await tenant.Client.PostAsync("/Users", Some.User())).Status.Should().Be(403);
    }

    [Test]
    public async Task Bulk_is_held_to_the_limit_operation_by_operation()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        await LimitAsync(tenant, 2);

        var answer = await tenant
            .Client.PostAsync(
                "/Bulk",
                Messages.Bulk([
                    .. Enumerable
                        .Range(0, 4)
                        .Select(i => Messages.BulkOperation("POST", "/Users", Some.User(), $"u{i}")),
                ])
            )
            .Expecting(200);

        answer
            .Json.GetProperty("Operations")
            .EnumerateArray()
            .Select(operation => operation.GetProperty("status").GetString())
            .Should()
            .Equal("201", "201", "403", "403");
        (await UsersAsync(tenant)).Should().Be((2, 2, true));
    }

    [Test]
    public async Task A_lower_limit_takes_nothing_away_and_a_higher_one_gives_room_again()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        var users = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            users.Add((await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id);
        }

        await LimitAsync(tenant, 3);

        (await tenant.Client.PostAsync("/Users", Some.User())).Status.Should().Be(403);
        (await tenant.Client.GetAsync("/Users?count=0")).Json.GetProperty("totalResults").GetInt32().Should().Be(5);
        await tenant.Client.DeleteAsync($"/Users/{users[0]}").Expecting(204);
        (await tenant.Client.PostAsync("/Users", Some.User())).Status.Should().Be(403, "four are too many still");
        (await UsersAsync(tenant)).Should().Be((4, 3, true));
        await LimitAsync(tenant, 6);
        (await UsersAsync(tenant)).Warning.Should().BeFalse("four of six are fewer than four fifths");
        await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);
        (await UsersAsync(tenant)).Should().Be((5, 6, true));
        var taken = Some.UserName();
        await tenant.Client.PostAsync("/Users", Some.User(taken)).Expecting(201);
        await OnPlanAsync(tenant, "unlimited", new JsonObject());
        (await tenant.Client.PostAsync("/Users", Some.User(taken))).Status.Should().Be(409);
        for (var i = 0; i < 20; i++)
        {
            await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);
        }

        (await UsersAsync(tenant)).Count.Should().Be(26);
    }

    [Test]
    public async Task A_trial_has_one_client_and_can_only_be_read_when_it_has_ended()
    {
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        var user = await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);
        await OnPlanAsync(tenant, "trial");
        var second = () => _host.SendAsync(new CreateClient(tenant.Slug, "second"));
        (await second.Should().ThrowAsync<ScimException>()).Which.Error.Problem.Should().Be("limit-reached");

        _host.Clock.Advance(TimeSpan.FromDays(29));
        await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);
        _host.Clock.Advance(TimeSpan.FromDays(2));

        var refused = await tenant.Client.PostAsync("/Users", Some.User());
        refused.Status.Should().Be(403);
        refused.Json.GetProperty("detail").GetString().Should().Contain("trial has ended");
        (await tenant.Client.DeleteAsync($"/Users/{user.Id}")).Status.Should().Be(403);
        (await tenant.Client.PostAsync("/Bulk", Messages.Bulk())).Status.Should().Be(403);
        (await tenant.Client.GetAsync($"/Users/{user.Id}")).Status.Should().Be(200);

        await _host.SendAsync(
            new UpdateTenant(
                new TenantId(Guid.Parse(tenant.TenantId)),
                new ChangedTenant(null, null, "standard", null, null, null, null),
                null
            )
        );
        await Eventually.IsTrueAsync(async () => (await tenant.Client.PostAsync("/Users", Some.User())).Status == 201);
    }

    [Test]
    public async Task Plans_are_listed_with_their_limits()
    {
        var plans = (await _admin.GetAsync("/plans").Expecting(200)).Json.GetProperty("items").EnumerateArray();

        plans.Select(plan => plan.GetProperty("name").GetString()).Should().Equal("standard", "trial", "unlimited");
        var trial = plans.Single(plan => plan.GetProperty("name").GetString() == "trial");
        trial.GetProperty("trialDays").GetInt32().Should().Be(30);
        trial.GetProperty("limits").GetRawText().Should().Be("""{"users":50,"clients":1}""");
    }

    private Task LimitAsync(TestTenant tenant, int users) =>
        OnPlanAsync(tenant, "unlimited", new JsonObject { ["users"] = users });

    /// <summary>Returns when the server knows of it.</summary>
    private async Task OnPlanAsync(TestTenant tenant, string plan, JsonObject? limits = null)
    {
        var body = new JsonObject { ["plan"] = plan };
        if (limits is not null)
        {
            body["limits"] = limits;
        }

        await _admin.PutAsync($"/tenants/{tenant.TenantId}", body).Expecting(200);
        await _host.Server.Services.GetRequiredService<ConfigurationEpoch>().ReloadNowAsync(default);
    }

    private async Task<(long Count, long? Limit, bool Warning)> UsersAsync(TestTenant tenant)
    {
        var answer = await _admin.GetAsync($"/tenants/{tenant.TenantId}").Expecting(200);
        var users = answer.Json.GetProperty("usage").GetProperty("users");
        var limit = users.GetProperty("limit");
        return (
            users.GetProperty("count").GetInt64(),
            limit.ValueKind == JsonValueKind.Null ? null : limit.GetInt64(),
            users.GetProperty("warning").GetBoolean()
        );
    }
}
