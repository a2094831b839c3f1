using System.Text.Json;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Jobs;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.TestKit;

namespace Scim.Integration.Tests.Cli;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Operator verbs")]
public sealed class JobVerbTests(DatabaseKind kind)
{
    private TestDatabase _database = null!;
    private string _slug = null!;
    private Job _dead = null!;
    private Job _waiting = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(kind);
        await using var server = await ApiServer.StartAsync(
            _database,
            new Dictionary<string, string> { ["Worker:InProcess"] = "false" }
        );
        using var tenant = await TestTenant.CreateAsync(server);
        _slug = tenant.Slug;
        await using var scope = server.Services.CreateAsyncScope();
        var jobs = scope.ServiceProvider.GetRequiredService<IJobStore>();
        var now = TimeProvider.System.GetUtcNow();
        _dead = Job.Create(new TenantId(Guid.Parse(tenant.TenantId)), "test", now.AddMinutes(-1));
        _waiting = Job.Create(_dead.Tenant, "other", now);
        await jobs.EnqueueAsync([_dead, _waiting], default);
        var leased = await jobs.ClaimAsync("test", TimeSpan.FromMinutes(1), ["test"], default, default);
        var once = new RetryPolicy(1, TimeSpan.Zero, TimeSpan.Zero);
        await jobs.EndAttemptAsync(leased!.Fail("It broke.", now, once, 0), default);
    }

    [OneTimeTearDown]
    public async Task Stop() => await _database.DisposeAsync();

    [Test]
    public async Task Jobs_are_listed_and_a_dead_one_is_retried_once()
    {
        var all = (await RunAsync("list")).Json.EnumerateArray().ToList();
        all.Select(job => job.GetProperty("id").GetGuid()).Should().Equal(_waiting.Id, _dead.Id);
        var dead = (await RunAsync("list", "--tenant", _slug, "--state", "dead")).Json[0];
        dead.GetProperty("id").GetGuid().Should().Be(_dead.Id);
        dead.GetProperty("error").GetString().Should().Be("It broke.");
        dead.GetProperty("attempts").GetInt32().Should().Be(1);

        var retried = await RunAsync("retry", _dead.Id.ToString("D"));
        var again = await RunAsync("retry", _dead.Id.ToString("D"));
        var nobody = await RunAsync("retry", Guid.NewGuid().ToString("D"));

        retried.Json.GetProperty("state").GetString().Should().Be("waiting");
        again.ExitCode.Should().Be(1);
        again.Error.Should().Contain("Only a dead job");
        nobody.ExitCode.Should().Be(1);
        (await RunAsync("list", "--state", "dead")).Json.GetArrayLength().Should().Be(0);
        var journal = await TestKit.Cli.RunAsync(_database, "journal", "tail", "--tenant", _slug, "--json");
        journal.Output.Should().Contain("\"job.die\"").And.Contain("\"job.retry\"");
    }

    [Test]
    public async Task A_tenant_that_there_is_not_is_refused_by_its_name() =>
        (await RunAsync("list", "--tenant", "nobody")).Error.Should().Contain("nobody");

    private Task<CliResult> RunAsync(params string[] verb) =>
        TestKit.Cli.RunAsync(_database, ["job", .. verb, "--json"]);
}
