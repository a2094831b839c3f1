using System.Collections.Concurrent;
using Dapper;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Jobs;
using Scim.Infrastructure.Persistence.Journal;
using Scim.Integration.Tests.Persistence;
using Scim.TestKit;

namespace Scim.Integration.Tests.Jobs;

[TestFixture(DatabaseProvider.Sqlite)]
[TestFixture(DatabaseProvider.PostgreSql)]
[Property(
    "Capability",
    "Jobs with leases: one worker at a time, tenants in turn, and no effect of a worker that lost its lease"
)]
internal sealed class JobStoreTests(DatabaseProvider provider)
{
    private static readonly string[] Types = ["test"];
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private PersistenceHost _host = null!;
    private JobStore _jobs = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _host = await PersistenceHost.StartAsync(provider);
        _jobs = new JobStore(_host.Database, new RequestContext(), TimeProvider.System);
    }

    [TearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    [Category(Soak.Concurrency)]
    public async Task However_many_ask_each_job_is_leased_to_one()
    {
        var count = Soak.Count(100, 5_000);
        for (var tenant = 0; tenant < 4; tenant++)
        {
            await EnqueueAsync(await _host.CreateTenantAsync(), count / 4);
        }

        var leased = new ConcurrentBag<Guid>();
        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(worker =>
                    Task.Run(async () =>
                    {
                        var after = default(TenantId);
                        while (await _jobs.ClaimAsync($"w{worker}", Minute, Types, after, default) is { } job)
                        {
                            leased.Add(job.Id);
                            after = job.Tenant;
                        }
                    })
                )
        );

        leased.Should().HaveCount(count).And.OnlyHaveUniqueItems();
    }

    [Test]
    public async Task A_tenant_with_many_jobs_does_not_keep_the_others_waiting()
    {
        var busy = await _host.CreateTenantAsync();
        await EnqueueAsync(busy, 50);
        var others = new[] { await _host.CreateTenantAsync(), await _host.CreateTenantAsync() };
        foreach (var other in others)
        {
            await EnqueueAsync(other, 2);
        }

        var served = new List<TenantId>();
        for (var i = 0; i < 6; i++)
        {
            var job = await _jobs.ClaimAsync("w", Minute, Types, served.LastOrDefault(), default);
            served.Add(job!.Tenant);
        }

        served.GroupBy(tenant => tenant).Should().OnlyContain(turns => turns.Count() == 2).And.HaveCount(3);
    }

    [Test]
    public async Task Among_a_tenants_jobs_the_higher_priority_goes_first_and_what_is_not_due_waits()
    {
        var tenant = await _host.CreateTenantAsync();
        var now = TimeProvider.System.Now();
        var low = Job.Create(tenant, "test", now.AddSeconds(-2));
        var high = Job.Create(tenant, "test", now.AddSeconds(-1)) with { Priority = 5 };
        var later = Job.Create(tenant, "test", now.AddHours(1)) with { Priority = 9 };
        var unknown = Job.Create(tenant, "other", now.AddSeconds(-9)) with { Priority = 9 };
        await _jobs.EnqueueAsync([low, high, later, unknown], default);

        var claimed = new List<Guid?>();
        for (var i = 0; i < 3; i++)
        {
            claimed.Add((await _jobs.ClaimAsync("w", Minute, Types, default, default))?.Id);
        }

        claimed.Should().Equal(high.Id, low.Id, null);
    }

    [Test]
    public async Task A_worker_that_lost_its_lease_can_write_nothing_and_the_next_one_can()
    {
        var tenant = await _host.CreateTenantAsync();
        await EnqueueAsync(tenant, 1);
        var late = await _jobs.ClaimAsync("late", TimeSpan.FromSeconds(0.2), Types, default, default);
        (await EffectAsync(late!.Lease)).Should().BeTrue();

        await Eventually.IsTrueAsync(async () => (await _jobs.RecoverAsync(job => Fail(job), default)).Count == 1);
        (await EffectAsync(late.Lease)).Should().BeFalse("it waits for another worker");
        var next = await Eventually.GetAsync(
            () => _jobs.ClaimAsync("next", Minute, Types, default, default),
            job => job is not null
        );

        next!.Fence.Should().Be(late.Fence + 1);
        next.Attempts.Should().Be(2);
        next.Error.Should().Be("expired");
        (await EffectAsync(late.Lease)).Should().BeFalse();
        (await _jobs.ExtendAsync(late.Lease, Minute, default)).Should().BeFalse();
        (await _jobs.EndAttemptAsync(late.Succeed("late", TimeProvider.System.Now()), default)).Should().BeFalse();
        (await EffectAsync(next.Lease)).Should().BeTrue();
        (await _jobs.ExtendAsync(next.Lease, Minute, default)).Should().BeTrue();
        (await _jobs.EndAttemptAsync(next.Succeed("good", TimeProvider.System.Now()), default)).Should().BeTrue();
        (await EffectAsync(next.Lease)).Should().BeFalse("it is done");

        (await _jobs.FindAsync(late.Id, default))!.Result.Should().Be("good");
        (await CountAsync("test.effect")).Should().Be(2);
        (await CountAsync("job.lease.expire")).Should().Be(1);
    }

    [Test]
    public async Task A_lease_that_is_extended_is_not_recovered()
    {
        await EnqueueAsync(await _host.CreateTenantAsync(), 1);
        var job = await _jobs.ClaimAsync("w", TimeSpan.FromSeconds(0.1), Types, default, default);
        (await _jobs.ExtendAsync(job!.Lease, Minute, default)).Should().BeTrue();
        await Task.Delay(200);

        (await _jobs.RecoverAsync(job => Fail(job), default)).Should().BeEmpty();
    }

    [Test]
    public async Task A_job_is_there_when_the_transaction_that_opened_it_commits_and_not_else()
    {
        var tenant = await _host.CreateTenantAsync();
        var now = TimeProvider.System.Now();
        var kept = Job.Create(tenant, "test", now);
        var undone = Job.Create(tenant, "test", now);

        await _host.Database.WriteAsync((_, transaction) => transaction.EnqueueAsync(kept, default), default);
        var act = () =>
            _host.Database.WriteAsync<bool>(
                async (_, transaction) =>
                {
                    await transaction.EnqueueAsync(undone, default);
                    throw new TimeoutException();
                },
                default
            );

        await act.Should().ThrowAsync<TimeoutException>();
        (await _jobs.FindAsync(kept.Id, default)).Should().NotBeNull();
        (await _jobs.FindAsync(undone.Id, default)).Should().BeNull();
    }

    [Test]
    public async Task A_firing_opens_one_job_and_none_while_the_last_one_is_open()
    {
        var tenant = await _host.CreateTenantAsync();
        var now = TimeProvider.System.Now();
        Task<int> FireAsync(string occurrence) =>
            _jobs.EnqueueAsync([Job.Create(tenant, "test", now, occurrence)], default);

        var fired = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => FireAsync("first"))));
        fired.Sum().Should().Be(1);
        (await FireAsync("second")).Should().Be(0);

        var job = await _jobs.ClaimAsync("w", Minute, Types, default, default);
        await _jobs.EndAttemptAsync(job!.Succeed(null, now), default);

        (await FireAsync("first")).Should().Be(0);
        (await FireAsync("second")).Should().Be(1);
    }

    [Test]
    public async Task A_dead_job_is_not_retried_beside_the_one_that_took_its_place()
    {
        var tenant = await _host.CreateTenantAsync();
        var now = TimeProvider.System.Now();
        await _jobs.EnqueueAsync([Job.Create(tenant, "test", now, "first")], default);
        var job = await _jobs.ClaimAsync("w", Minute, Types, default, default);
        var dead = job!.Fail("broken", now, new RetryPolicy(1, TimeSpan.Zero, TimeSpan.Zero), 0);
        await _jobs.EndAttemptAsync(dead, default);
        await _jobs.EnqueueAsync([Job.Create(tenant, "test", now, "second")], default);

        var retry = () => _jobs.RetryAsync(dead.Retry(now), default);

        (await retry.Should().ThrowAsync<ScimException>()).Which.Error.Status.Should().Be(409);
        (await _jobs.FindAsync(dead.Id, default))!.State.Should().Be(JobState.Dead);
    }

    [Test]
    public async Task The_queue_is_counted_by_type()
    {
        var tenant = await _host.CreateTenantAsync();
        await EnqueueAsync(tenant, 3);
        await _jobs.ClaimAsync("w", Minute, Types, default, default);

        var due = await _jobs.CountDueAsync(default);

        due.Should().ContainSingle().Which.Should().Match<WaitingJobs>(jobs => jobs.Type == "test" && jobs.Count == 2);
    }

    // SQLite tells the types of computed columns by their first row, and here there is none.
    [Test]
    public async Task An_empty_queue_is_counted() => (await _jobs.CountDueAsync(default)).Should().BeEmpty();

    private static Job Fail(Job job) =>
        job.Fail("expired", TimeProvider.System.Now(), new RetryPolicy(9, TimeSpan.Zero, TimeSpan.Zero), 0);

    private async Task EnqueueAsync(TenantId tenant, int count)
    {
        var now = TimeProvider.System.Now();
        await _jobs.EnqueueAsync([.. Enumerable.Range(0, count).Select(_ => Job.Create(tenant, "test", now))], default);
    }

    /// <summary>What a job does: something that can be counted, under its fence.</summary>
    private async Task<bool> EffectAsync(JobLease lease)
    {
        try
        {
            return await _host.Database.WriteAsync(
                async (_, transaction) =>
                {
                    await transaction.AppendJournalAsync(
                        lease.Tenant,
                        "test",
                        "",
                        TimeProvider.System.Now(),
                        new JournalEntry("test.effect", null, null),
                        default
                    );
                    await transaction.FenceAsync(lease, 1, default);
                    return true;
                },
                default
            );
        }
        catch (LeaseLostException)
        {
            return false;
        }
    }

    private Task<long> CountAsync(string operation) =>
        _host.CountAsync("select count(*) from journal where operation = @operation", new { operation });
}
