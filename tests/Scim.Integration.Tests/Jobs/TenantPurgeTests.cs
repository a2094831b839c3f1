using System.Globalization;
using Dapper;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;
using Scim.Integration.Tests.Audit;
using Scim.TestKit;

namespace Scim.Integration.Tests.Jobs;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A purged tenant leaves its sealed journal and nothing else, whenever the worker is killed")]
internal sealed class TenantPurgeTests(DatabaseKind kind)
{
    // Of the tables with a tenant: what stays is told by name.
    private static readonly string[] Kept =
    [
        "journal",
        "journal_seals",
        "journal_checkpoints",
        "journal_member_positions",
        "jobs",
    ];

    // Grows behind the writers.
    private const string Noted = "journal_members";

    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Worker:InProcess"] = "false",
        ["Worker:LeaseSeconds"] = "1",
        ["Worker:PollMilliseconds"] = "20",
        ["Worker:RetrySeconds"] = "0.05",
        ["Worker:MaxAttempts"] = "100",
        ["Audit:SealSeconds"] = "1",
    };

    private TestDatabase _database = null!;
    private ApiServer _server = null!;

    [SetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(kind);
        _server = await ApiServer.StartAsync(_database, Settings);
    }

    [TearDown]
    public async Task Stop()
    {
        await _server.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    [Category(Soak.Crash)]
    public async Task Workers_killed_while_they_purge_leave_nothing_of_the_tenant_and_all_of_the_others()
    {
        using var tenant = await FilledAsync(Soak.Count(40, 2_000));
        using var other = await FilledAsync(3);
        var before = await RowsAsync(other.TenantId);
        await _server.SendAsync(new DeleteTenant(Id(tenant), false, null));
        await ComeDueAsync(tenant);

        var random = Some.Random();
        for (var kill = 0; kill < 2; kill++)
        {
            using var worker = await StartWorkerAsync();
            await Task.Delay(random.Next(400));
            worker.Kill();
            await worker.WaitForExitAsync();
        }

        using (await StartWorkerAsync())
        {
            await Eventually.IsTrueAsync(async () =>
                (await FindAsync(tenant)).State == TenantState.Purged
                && (await _server.SendAsync(new VerifyAudit(Tombstone(tenant)))).Unsealed == 0
            );
        }

        (await RowsAsync(tenant.TenantId)).Keys.Should().BeSubsetOf(Kept);
        (await RowsAsync(other.TenantId))
            .Where(table => !Kept.Contains(table.Key) && table.Key != Noted)
            .Should()
            .Equal(before.Where(table => !Kept.Contains(table.Key) && table.Key != Noted));
        var report = await _server.SendAsync(new VerifyAudit(Tombstone(tenant)));
        report.Findings.Should().BeEmpty();
        report.Erased.Should().BeGreaterThan(40, "the changes are gone, and told as erased");
        var journal = await _server.SendAsync(new TailJournal(Tombstone(tenant), Limit: 1000));
        journal.Count(row => row.Operation == "tenant.purge").Should().Be(1);
        report.Rows.Should().Be(journal.Count);

        // Its name is somebody else's from now on.
        var next = await _server.SendAsync(new CreateTenant(tenant.Slug, null));
        next.Id.Should().NotBe(Id(tenant));
        var restore = () => _server.SendAsync(new RestoreTenant(Id(tenant), null));
        (await restore.Should().ThrowAsync<ScimException>()).Which.Error.Status.Should().Be(409);
    }

    [Test]
    public async Task The_job_of_a_restored_tenant_touches_nothing_and_a_begun_purge_is_not_taken_back()
    {
        using var tenant = await FilledAsync(2);
        var before = await RowsAsync(tenant.TenantId);
        var id = Id(tenant);
        await _server.SendAsync(new DeleteTenant(id, false, null));
        (await RunAsync()).Should().BeNull("it is not due");
        await _server.SendAsync(new RestoreTenant(id, null));
        await ExecuteAsync("update jobs set run_after = created_at where tenant_id = @id", id);
        (await RunAsync()).Should().Contain("false");
        (await _server.SendAsync(new PurgeTenant(await ClaimAsync(id))))
            .Should()
            .Contain("false", "it was not deleted");
        (await RowsAsync(tenant.TenantId))
            .Where(table => !Kept.Contains(table.Key) && table.Key != Noted)
            .Should()
            .Equal(before.Where(table => !Kept.Contains(table.Key) && table.Key != Noted));

        await _server.SendAsync(new DeleteTenant(id, false, null));
        await ComeDueAsync(tenant);
        var lease = await ClaimAsync(id);
        await using (var scope = _server.Services.CreateAsyncScope())
        {
            (await scope.ServiceProvider.GetRequiredService<ITenantPurge>().BeginAsync(lease, default))
                .Should()
                .BeTrue();
        }

        var restore = () => _server.SendAsync(new RestoreTenant(id, null));
        (await restore.Should().ThrowAsync<ScimException>()).Which.Error.Status.Should().Be(409);
        (await RunAsync()).Should().Contain("true");
        (await FindAsync(tenant)).State.Should().Be(TenantState.Purged);
    }

    [Test]
    public async Task A_worker_that_lost_its_lease_removes_nothing()
    {
        using var tenant = await FilledAsync(2);
        await _server.SendAsync(new DeleteTenant(Id(tenant), false, null));
        await ComeDueAsync(tenant);
        var lease = await ClaimAsync(Id(tenant));
        await using var scope = _server.Services.CreateAsyncScope();
        var purge = scope.ServiceProvider.GetRequiredService<ITenantPurge>();
        (await purge.BeginAsync(lease, default)).Should().BeTrue();
        var before = await RowsAsync(tenant.TenantId);
        var late = lease with { Fence = lease.Fence - 1 };

        foreach (var step in new[] { 0, purge.Kinds - 1 })
        {
            var remove = () => purge.RemoveAsync(late, step, default);
            await remove.Should().ThrowAsync<LeaseLostException>();
        }

        var finish = () => purge.FinishAsync(late, default);
        await finish.Should().ThrowAsync<LeaseLostException>();
        (await RowsAsync(tenant.TenantId)).Should().Equal(before);
    }

    [Test]
    public async Task Erasure_cannot_touch_a_tenant_that_is_not_being_purged()
    {
        using var tenant = await FilledAsync(2);
        var lease = await ClaimAsync(Id(tenant));
        await using var scope = _server.Services.CreateAsyncScope();
        var purge = scope.ServiceProvider.GetRequiredService<ITenantPurge>();

        // The embedded database has no roles: there it rests on BeginAsync alone.
        if (kind == DatabaseKind.PostgreSql)
        {
            (await purge.RemoveAsync(lease, 0, default)).Should().Be(0);
        }

        (await purge.BeginAsync(lease, default)).Should().BeFalse();
    }

    private async Task<TestTenant> FilledAsync(int users)
    {
        var tenant = await TestTenant.CreateAsync(_server);
        var ids = new List<string>();
        for (var i = 0; i < users; i++)
        {
            var user = Some.User();
            user["emails"] = System.Text.Json.Nodes.JsonNode.Parse(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $$"""[{"value":"a{{i}}@example.com"},{"value":"b{{i}}@example.com"}]"""
                )
            );
            ids.Add((await tenant.Client.PostAsync("/Users", user).Expecting(201)).Id);
        }

        var inner = await tenant.Client.PostAsync("/Groups", Some.Group(null, [.. ids])).Expecting(201);
        await tenant.Client.PostAsync("/Groups", Some.Group(null, inner.Id)).Expecting(201);
        await tenant.Client.PatchAsync($"/Groups/{inner.Id}", Messages.RemoveMember(ids[0])).Expecting(204);
        await _server.SendAsync(new SetTenantSetting(tenant.Slug, "groups.uniqueDisplayName", "false"));
        return tenant;
    }

    private static TenantId Id(TestTenant tenant) => new(Guid.Parse(tenant.TenantId));

    private static string Tombstone(TestTenant tenant) => $"{tenant.Slug}~{tenant.TenantId}";

    private Task<Tenant> FindAsync(TestTenant tenant) => _server.SendAsync(new GetTenant(Id(tenant)));

    // Time passes for the tenant and its job alone.
    private async Task ComeDueAsync(TestTenant tenant)
    {
        await ExecuteAsync("update tenants set purge_after = created_at where id = @id", Id(tenant));
        await ExecuteAsync("update jobs set run_after = created_at where tenant_id = @id", Id(tenant));
    }

    private Task<ApiProcess> StartWorkerAsync() =>
        ApiProcess.StartAsync(
            _database,
            new Dictionary<string, string>(Settings) { ["Worker:InProcess"] = "true" },
            kind == DatabaseKind.PostgreSql ? Repository.Built("Scim.Worker", "Scim.Worker.dll") : null
        );

    /// <summary>A job of the tenant's own, in the hands of this test.</summary>
    private async Task<JobLease> ClaimAsync(TenantId tenant)
    {
        await using var scope = _server.Services.CreateAsyncScope();
        var jobs = scope.ServiceProvider.GetRequiredService<IJobStore>();
        await jobs.EnqueueAsync([Job.Create(tenant, "test.purge", TimeProvider.System.Now())], default);
        return (await jobs.ClaimAsync("test", TimeSpan.FromMinutes(5), ["test.purge"], default, default))!.Lease;
    }

    /// <summary>The result of the first purge that is due; null when there is none.</summary>
    private async Task<string?> RunAsync()
    {
        await using var scope = _server.Services.CreateAsyncScope();
        var jobs = scope.ServiceProvider.GetRequiredService<IJobStore>();
        var job = await jobs.ClaimAsync("test", TimeSpan.FromMinutes(5), [PurgeTenant.JobType], default, default);
        if (job is null)
        {
            return null;
        }

        var result = await _server.SendAsync(new PurgeTenant(job.Lease));
        await jobs.EndAttemptAsync(job.Succeed(result, TimeProvider.System.Now()), default);
        return result;
    }

    private Task<int> ExecuteAsync(string sql, TenantId id) =>
        _server
            .Services.GetRequiredService<IDatabase>()
            .WriteAsync((connection, transaction) => connection.ExecuteAsync(sql, new { id }, transaction), default);

    /// <summary>Rows per table of the tenant, of tables that have any; past all roles.</summary>
    private Task<Dictionary<string, long>> RowsAsync(string tenantId) =>
        TenantRows.CountAsync(_database, Guid.Parse(tenantId));
}
