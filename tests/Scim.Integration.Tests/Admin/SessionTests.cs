using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Application.Retention;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Operators' sessions hold a lease and end at once on every replica")]
public sealed class SessionTests(DatabaseKind kind)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(900);

    private AdminHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await AdminHost.StartAsync(kind);

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task What_ended_long_ago_is_pruned_and_what_lives_is_not()
    {
        using var ended = await _host.SignInAsync("support");
        using var guess = _host.Client();
        await guess.PostAsync("/login", AdminHost.Login("nobody-" + Some.Name(), "no such password 1", "000000"));
        _host.Clock.Advance(TimeSpan.FromDays(2));
        using var alive = await _host.SignInAsync("support");
        var jobs = _host.Server.Services.CreateScope().ServiceProvider.GetRequiredService<IJobStore>();
        await jobs.EnqueueAsync([Job.Create(TenantId.Installation, "test.prune", TimeProvider.System.Now())], default);
        var job = await jobs.ClaimAsync("test", TimeSpan.FromMinutes(5), ["test.prune"], default, default);

        var result = await _host.SendAsync(new PruneTenant(job!.Lease));

        JsonElement.Parse(result!).GetProperty("signIns").GetInt32().Should().BeGreaterThanOrEqualTo(2);
        (await ended.GetAsync("/session")).Problem().Should().Be("credential-invalid");
        (await alive.GetAsync("/session")).Status.Should().Be(200);
    }

    [Test]
    public async Task A_heartbeat_extends_the_lease_and_a_missed_one_ends_the_session()
    {
        using var client = await _host.SignInAsync("support");
        _host.Clock.Advance(Lease - TimeSpan.FromSeconds(60));

        var beat = (await client.PostAsync("/session/heartbeat").Expecting(200)).Json;
        var until = beat.GetProperty("leaseExpiresAt").GetDateTimeOffset();
        until.Should().BeCloseTo(_host.Clock.GetUtcNow() + Lease, TimeSpan.FromSeconds(10));
        _host.Clock.Advance(Lease - TimeSpan.FromSeconds(60));
        (await client.GetAsync("/session")).Status.Should().Be(200);

        _host.Clock.Advance(TimeSpan.FromSeconds(61));
        (await client.GetAsync("/session")).Problem().Should().Be("session-lease-expired");
        (await client.PostAsync("/session/heartbeat")).Status.Should().Be(401, "a late heartbeat revives nothing");
        (await client.GetAsync("/session")).Status.Should().Be(401);
    }

    [Test]
    public async Task Any_write_extends_the_lease_and_a_read_does_not()
    {
        using var writer = await _host.SignInAsync("support");
        using var reader = await _host.SignInAsync("support");
        for (var i = 0; i < 4; i++)
        {
            _host.Clock.Advance(Lease / 3);
            // Refused for want of a permission, but it is a sign of life.
            (await writer.DeleteAsync($"/api_keys/{Guid.NewGuid():D}"))
                .Status.Should()
                .Be(403);
            await reader.GetAsync("/session");
        }

        (await writer.GetAsync("/session")).Status.Should().Be(200);
        (await reader.GetAsync("/session")).Status.Should().Be(401);
    }

    [Test]
    public async Task Twelve_hours_end_a_session_however_busy_it_is()
    {
        using var client = await _host.SignInAsync("support", []);
        var end = (await client.GetAsync("/session")).Json.GetProperty("expiresAt").GetDateTimeOffset();
        while (_host.Clock.GetUtcNow() + Lease / 2 < end)
        {
            _host.Clock.Advance(Lease / 2);
            await client.PostAsync("/session/heartbeat").Expecting(200);
        }

        var last = (await client.PostAsync("/session/heartbeat").Expecting(200)).Json;
        last.GetProperty("leaseExpiresAt").GetDateTimeOffset().Should().BeOnOrBefore(end);
        _host.Clock.Advance(Lease / 2);
        (await client.PostAsync("/session/heartbeat")).Problem().Should().Be("credential-expired");
    }

    [Test]
    public async Task Logout_ends_the_session_on_another_replica_at_once()
    {
        var replica = await _host.AddReplicaAsync();
        using var here = await _host.SignInAsync("support");
        using var there = _host.Client(here.Token, replica);
        await there.GetAsync("/session").Expecting(200);

        await here.PostAsync("/logout").Expecting(204);

        (await there.GetAsync("/session")).Problem().Should().Be("credential-invalid");
        (await here.PostAsync("/session/heartbeat")).Status.Should().Be(401);
    }

    [Test]
    public async Task A_disabled_operator_is_out_on_every_replica_and_stays_out_when_enabled_again()
    {
        var replica = await _host.AddReplicaAsync();
        var account = await _host.OperatorAsync("support");
        using var client = await _host.SignInAsync(account);
        using var there = _host.Client(client.Token, replica);
        using var admin = await _host.SignInAsync("platform-admin");
        var body = AdminHost.Operator(account.UserName);
        body.Remove("password");

        body["state"] = "disabled";
        await admin.PutAsync($"/operators/{account.Id}", body).Expecting(200);
        (await client.GetAsync("/session")).Status.Should().Be(401);
        (await there.GetAsync("/session")).Status.Should().Be(401);

        body["state"] = "active";
        await admin.PutAsync($"/operators/{account.Id}", body).Expecting(200);
        (await there.GetAsync("/session")).Status.Should().Be(401);
        using var again = await _host.SignInAsync(account);
    }

    [Test]
    public async Task An_administrator_sees_the_sessions_of_an_operator_and_ends_one()
    {
        var account = await _host.OperatorAsync("support");
        using var first = await _host.SignInAsync(account);
        using var second = await _host.SignInAsync(account);
        using var admin = await _host.SignInAsync("platform-admin");

        var listed = await admin.GetAsync($"/operators/{account.Id}/sessions").Expecting(200);
        var ids = listed.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString());
        ids.Should().HaveCount(2);
        listed.Text.Should().NotContain(first.Token![5..]).And.NotContain("oken");

        await admin.DeleteAsync($"/operators/{account.Id}/sessions/{ids.First()}").Expecting(204);
        (await first.GetAsync("/session")).Status.Should().Be(401);
        (await second.GetAsync("/session")).Status.Should().Be(200);
        (await admin.DeleteAsync($"/operators/{account.Id}/sessions/{ids.First()}")).Status.Should().Be(404);
    }

    [Test]
    public async Task A_step_up_takes_a_fresh_code_and_lasts_five_minutes()
    {
        var account = await _host.OperatorAsync("platform-admin");
        using var client = await _host.SignInAsync(account, stepUp: false);
        var used = new JsonObject { ["totp"] = _host.CodeOf(account) };

        (await client.PostAsync("/operators", AdminHost.Operator())).Problem().Should().Be("step-up-required");
        (await client.PostAsync("/session/step-up", used)).Problem().Should().Be("invalid-credentials");
        (await client.GetAsync("/session")).Status.Should().Be(200, "a wrong code does not end the session");
        var fresh = new JsonObject { ["totp"] = _host.NextCode(account) };
        await client.PostAsync("/session/step-up", fresh).Expecting(200);
        (await client.PostAsync("/session/step-up", fresh)).Status.Should().Be(401);

        await client.PostAsync("/operators", AdminHost.Operator()).Expecting(201);
        _host.Clock.Advance(TimeSpan.FromMinutes(5.1));
        (await client.PostAsync("/operators", AdminHost.Operator())).Problem().Should().Be("step-up-required");
    }

    [Test]
    public async Task What_is_done_to_sessions_is_journalled()
    {
        var account = await _host.OperatorAsync("support");
        using var client = await _host.SignInAsync(account);
        await client.PostAsync("/logout").Expecting(204);

        var rows = await _host.JournalAsync();

        rows.Where(row => row.Actor == $"operator:{account.Id:D}")
            .Select(row => row.Operation)
            .Should()
            .Equal("auth.success", "auth.step_up", "auth.logout");
    }
}
