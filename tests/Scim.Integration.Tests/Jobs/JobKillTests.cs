using System.Globalization;
using System.Text.Json;
using Dapper;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Application.Retention;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Journal;
using Scim.Integration.Tests.Audit;
using Scim.TestKit;

namespace Scim.Integration.Tests.Jobs;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Crash)]
[Property("Capability", "A killed worker's jobs are taken over, and each of their effects is there once")]
internal sealed class JobKillTests(DatabaseKind kind)
{
    private const int Changes = 4_000;

    [Test]
    public async Task Workers_killed_while_they_erase_and_seal_leave_nothing_undone_and_nothing_done_twice()
    {
        var folder = Directory.CreateTempSubdirectory("scim-kill-").FullName;
        SealedJournal.WriteKey(folder);
        var settings = new Dictionary<string, string>
        {
            ["Worker:InProcess"] = "true",
            ["Worker:LeaseSeconds"] = "1",
            ["Worker:PollMilliseconds"] = "20",
            ["Worker:RetrySeconds"] = "0.05",
            ["Worker:MaxAttempts"] = "100",
            ["Retention:ChangeDays"] = "5",
            ["Audit:SealSeconds"] = "1",
            ["Audit:SigningKeyFile"] = Path.Combine(folder, "key.pem"),
            ["Audit:CheckpointFolder"] = Path.Combine(folder, "checkpoints"),
        };
        await using var database = await TestDatabase.CreateAsync(kind);
        for (var round = Soak.Count(1, 20); round > 0; round--)
        {
            await using var server = await ApiServer.StartAsync(
                database,
                new Dictionary<string, string>(settings) { ["Worker:InProcess"] = "false" }
            );
            using var tenant = await TestTenant.CreateAsync(server);
            await FillAsync(server, tenant);
            await server.SendAsync(new SchedulePruning(TimeSpan.FromHours(1)));

            var random = Some.Random();
            var seen = 0L;
            for (var kill = 0; kill < 3; kill++)
            {
                using var worker = await StartWorkerAsync(database, settings);
                await Eventually.IsTrueAsync(async () => await ProgressAsync(server, tenant) is var now && now > seen);
                await Task.Delay(random.Next(60));
                worker.Kill();
                await worker.WaitForExitAsync();
                seen = await ProgressAsync(server, tenant);
                TestContext.Out.WriteLine($"killed after {seen} items");
            }

            using (await StartWorkerAsync(database, settings))
            {
                await Eventually.IsTrueAsync(async () => await IsDoneAsync(server, tenant));
            }

            await CheckAsync(server, tenant, settings["Audit:CheckpointFolder"], Path.Combine(folder, "public.pem"));
        }

        Directory.Delete(folder, recursive: true);
    }

    private Task<ApiProcess> StartWorkerAsync(TestDatabase database, Dictionary<string, string> settings) =>
        ApiProcess.StartAsync(
            database,
            settings,
            kind == DatabaseKind.PostgreSql ? Repository.Built("Scim.Worker", "Scim.Worker.dll") : null
        );

    private static Task<bool> FillAsync(ApiServer server, TestTenant tenant) =>
        server
            .Services.GetRequiredService<IDatabase>()
            .WriteAsync(
                async (_, transaction) =>
                {
                    var then = TimeProvider.System.Now().AddDays(-10);
                    for (var i = 0; i < Changes; i++)
                    {
                        await transaction.AppendJournalAsync(
                            new TenantId(Guid.Parse(tenant.TenantId)),
                            "client:test",
                            i.ToString(CultureInfo.InvariantCulture),
                            then,
                            new JournalEntry("user.update", "User", "1", Change: $$"""{"after":{{i}}}"""),
                            default
                        );
                    }

                    return true;
                },
                default
            );

    private static Task<long> ProgressAsync(ApiServer server, TestTenant tenant) =>
        CountAsync(server, "select coalesce(sum(progress), 0) from jobs where tenant_id = @tenant", tenant);

    private static async Task<bool> IsDoneAsync(ApiServer server, TestTenant tenant)
    {
        var jobs = await server.SendAsync(new ListJobs(tenant.Slug, Limit: 1000));
        var pruned = jobs.Any(job => job.Type == PruneTenant.JobType && job.State == JobState.Succeeded);
        return pruned
            && jobs.All(job => job.State == JobState.Succeeded)
            && (await server.SendAsync(new VerifyAudit(tenant.Slug))).Unsealed == 0;
    }

    private static async Task CheckAsync(ApiServer server, TestTenant tenant, string secondPlace, string key)
    {
        var journal = await server.SendAsync(new TailJournal(tenant.Slug, Limit: 10_000));
        var erased = journal.Where(row => row.Operation == "journal.erase").ToList();
        erased
            .Sum(row => JsonElement.Parse(row.Detail!).GetProperty("changes").GetInt64())
            .Should()
            .Be(Changes, "what is erased is journalled with it, once");
        journal.Should().Contain(row => row.Operation == "job.lease.expire");
        journal.Should().NotContain(row => row.Operation == "job.die");

        var report = await server.SendAsync(new VerifyAudit(tenant.Slug, null, secondPlace, [key]));
        report.Findings.Should().BeEmpty();
        report.Erased.Should().Be(Changes);
        report.Rows.Should().Be(journal.Count);
        report.Checkpoints.Should().BePositive();
        report.VouchedSeal.Should().Be(report.Seals);
    }

    private static Task<long> CountAsync(ApiServer server, string sql, TestTenant tenant) =>
        server
            .Services.GetRequiredService<IDatabase>()
            .ReadAsync(
                connection => connection.ExecuteScalarAsync<long>(sql, new { tenant = Guid.Parse(tenant.TenantId) }),
                default
            );
}
