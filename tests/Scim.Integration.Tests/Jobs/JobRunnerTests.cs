using System.Collections.Concurrent;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.TestKit;

namespace Scim.Integration.Tests.Jobs;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Jobs are retried with growing waits, end as dead letters, and hold up nobody else")]
internal sealed class JobRunnerTests(DatabaseKind kind)
{
    private static readonly Dictionary<string, string> Quick = new()
    {
        ["Worker:InProcess"] = "true",
        ["Worker:PollMilliseconds"] = "20",
        ["Worker:LeaseSeconds"] = "10",
        ["Worker:MaxAttempts"] = "3",
        ["Worker:RetrySeconds"] = "0.05",
    };

    [Test]
    public async Task Two_runners_share_the_jobs_and_run_each_once()
    {
        var runs = new ConcurrentDictionary<Guid, int>();
        Task<string?> Count(Job job, CancellationToken cancellationToken)
        {
            runs.AddOrUpdate(job.Id, 1, (_, count) => count + 1);
            return Task.FromResult<string?>(null);
        }

        await using var first = await ApiServer.StartAsync(kind, Quick, builder => ScriptedJob.AddTo(builder, Count));
        await using var second = await ApiServer.StartAsync(
            first.Database,
            Quick,
            builder => ScriptedJob.AddTo(builder, Count)
        );
        using var tenant = await TestTenant.CreateAsync(first);
        var jobs = await EnqueueAsync(first, tenant, 60);

        await EndedAsync(first, tenant, jobs);

        runs.Should().HaveCount(60).And.OnlyContain(run => run.Value == 1);
    }

    [Test]
    public async Task A_poison_job_dies_with_its_reason_while_others_are_done_and_an_operator_revives_it()
    {
        var poison = Guid.Empty;
        var cured = false;
        await using var server = await ApiServer.StartAsync(
            kind,
            Quick,
            builder =>
                ScriptedJob.AddTo(
                    builder,
                    (job, _) =>
                        job.Id == poison && !Volatile.Read(ref cured)
                            ? throw ScimError.InvalidValue("It is poison.")
                            : Task.FromResult<string?>("fine")
                )
        );
        using var tenant = await TestTenant.CreateAsync(server);
        var first = Make(tenant);
        poison = first.Id;
        Job[] jobs = [first, .. Enumerable.Range(0, 20).Select(_ => Make(tenant))];
        await OnStoreAsync(server, store => store.EnqueueAsync(jobs, default));

        var ended = await EndedAsync(server, tenant, jobs);

        var dead = ended.Should().ContainSingle(job => job.State == JobState.Dead).Subject;
        dead.Id.Should().Be(poison);
        dead.Attempts.Should().Be(3);
        dead.Error.Should().Be("It is poison.");
        (await JournalRow.ReadAsync(server, tenant.Slug)).Should().ContainSingle(row => row.Operation == "job.die");

        Volatile.Write(ref cured, true);
        await server.SendAsync(new RetryJob(poison));
        ended = await EndedAsync(server, tenant, jobs);

        ended.Should().OnlyContain(job => job.State == JobState.Succeeded && job.Result == "fine");
        var again = () => server.SendAsync(new RetryJob(poison));
        (await again.Should().ThrowAsync<ScimException>()).Which.Error.Status.Should().Be(409);
        using var http = new HttpClient { BaseAddress = server.BaseAddress };
        (await http.GetStringAsync("/metrics"))
            .Should()
            .MatchRegex("""scim_job_attempts_total\{[^}]*outcome="failed"[^}]*\} 2\b""")
            .And.MatchRegex("""scim_job_attempts_total\{[^}]*outcome="dead"[^}]*\} 1\b""")
            .And.Contain("scim_job_due{")
            .And.Contain("scim_job_oldest_due_seconds{");
    }

    [Test]
    public async Task A_job_that_takes_longer_than_its_lease_keeps_it()
    {
        var runs = 0;
        await using var server = await ApiServer.StartAsync(
            kind,
            new Dictionary<string, string>(Quick) { ["Worker:LeaseSeconds"] = "3" },
            builder =>
                ScriptedJob.AddTo(
                    builder,
                    async (_, cancellationToken) =>
                    {
                        Interlocked.Increment(ref runs);
                        await Task.Delay(TimeSpan.FromSeconds(7), cancellationToken);
                        return null;
                    }
                )
        );
        using var tenant = await TestTenant.CreateAsync(server);

        var ended = await EndedAsync(server, tenant, await EnqueueAsync(server, tenant, 1));

        ended.Should().ContainSingle().Which.State.Should().Be(JobState.Succeeded);
        runs.Should().Be(1);
    }

    [Test]
    public async Task An_attempt_over_its_time_limit_is_ended()
    {
        await using var server = await ApiServer.StartAsync(
            kind,
            new Dictionary<string, string>(Quick) { ["Worker:TimeLimitSeconds"] = "1", ["Worker:MaxAttempts"] = "1" },
            builder => ScriptedJob.AddTo(builder, WaitForeverAsync)
        );
        using var tenant = await TestTenant.CreateAsync(server);

        var ended = await EndedAsync(server, tenant, await EnqueueAsync(server, tenant, 1));

        ended.Should().ContainSingle().Which.Error.Should().Contain("within 1 seconds");
    }

    [Test]
    public async Task A_host_that_stops_gives_its_jobs_back()
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        IReadOnlyList<Job> jobs;
        TestTenant tenant;
        await using (
            var server = await ApiServer.StartAsync(
                database,
                Quick,
                builder => ScriptedJob.AddTo(builder, WaitForeverAsync)
            )
        )
        {
            tenant = await TestTenant.CreateAsync(server);
            jobs = await EnqueueAsync(server, tenant, 2);
            await Eventually.GetAsync(
                () => server.SendAsync(new ListJobs(tenant.Slug, JobState.Running)),
                running => running.Count(job => job.Type == ScriptedJob.Type) == 2
            );
        }

        await using var next = await ApiServer.StartAsync(
            database,
            new Dictionary<string, string>(Quick) { ["Worker:InProcess"] = "false" }
        );
        var waiting = await next.SendAsync(new ListJobs(tenant.Slug, JobState.Waiting));

        tenant.Dispose();
        waiting
            .Where(job => job.Type == ScriptedJob.Type)
            .Select(job => job.Id)
            .Should()
            .BeEquivalentTo(jobs.Select(job => job.Id));
        waiting.Should().OnlyContain(job => job.Attempts == 0 && job.LeaseOwner == null && job.LeaseUntil == null);
    }

    private static async Task<string?> WaitForeverAsync(Job job, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return null;
    }

    private static Job Make(TestTenant tenant) =>
        Job.Create(new TenantId(Guid.Parse(tenant.TenantId)), ScriptedJob.Type, TimeProvider.System.Now());

    private static async Task<IReadOnlyList<Job>> EnqueueAsync(ApiServer server, TestTenant tenant, int count)
    {
        var jobs = Enumerable.Range(0, count).Select(_ => Make(tenant)).ToList();
        await OnStoreAsync(server, store => store.EnqueueAsync(jobs, default));
        return jobs;
    }

    private static async Task OnStoreAsync(ApiServer server, Func<IJobStore, Task> work)
    {
        await using var scope = server.Services.CreateAsyncScope();
        await work(scope.ServiceProvider.GetRequiredService<IJobStore>());
    }

    /// <summary>The jobs when all of them have succeeded or died.</summary>
    private static async Task<IReadOnlyList<ListedJob>> EndedAsync(
        ApiServer server,
        TestTenant tenant,
        IReadOnlyCollection<Job> jobs
    )
    {
        var ids = jobs.Select(job => job.Id).ToHashSet();
        return await Eventually.GetAsync<IReadOnlyList<ListedJob>>(
            async () =>
                [
                    .. (await server.SendAsync(new ListJobs(tenant.Slug, Limit: 1000))).Where(job =>
                        ids.Contains(job.Id)
                    ),
                ],
            found => found.All(job => job.State is JobState.Succeeded or JobState.Dead) && found.Count == ids.Count
        );
    }
}
