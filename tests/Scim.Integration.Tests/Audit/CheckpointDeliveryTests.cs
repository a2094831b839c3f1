using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.Domain.Audit;
using Scim.Domain.Tenants;
using Scim.TestKit;

namespace Scim.Integration.Tests.Audit;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Crash)]
[Property(
    "Capability",
    "Signed checkpoints reach a receiver in their order, though it fails, does not answer, or workers are killed"
)]
internal sealed class CheckpointDeliveryTests(DatabaseKind kind)
{
    [Test]
    public async Task Every_checkpoint_arrives_in_order_and_sealing_does_not_wait_for_it()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var journal = await SealedJournal.StartAsync(
            kind,
            new Dictionary<string, string>
            {
                ["Worker:LeaseSeconds"] = "1",
                ["Worker:PollMilliseconds"] = "20",
                ["Worker:RetrySeconds"] = "0.05",
                ["Worker:MaxAttempts"] = "100",
                ["Audit:SealSeconds"] = "1",
                ["Audit:StreamSeconds"] = "1",
                ["Audit:CheckpointUrl"] = receiver.Url,
                ["Audit:CheckpointAuthorization"] = "Bearer of-the-receiver",
                ["Outbound:AllowedNetworks"] = "127.0.0.0/8",
            }
        );
        using var one = await TestTenant.CreateAsync(journal.Server);
        using var other = await TestTenant.CreateAsync(journal.Server);
        await one.Client.PostAsync("/Users", Some.User()).Expecting(201);

        // What waits when the worker starts, it tells of at its first look.
        await journal.SealAsync(new TenantId(Guid.Parse(one.TenantId)));

        // It fails, and the journal is sealed all the same.
        receiver.Answer = _ => 503;
        using (var worker = await StartWorkerAsync(journal))
        {
            await Eventually.IsTrueAsync(async () =>
                receiver.Calls > 0 && (await VerifyAsync(journal, one)).Checkpoints > 0
            );
            var sealedBefore = (await VerifyAsync(journal, one)).Seals;
            await one.Client.PostAsync("/Users", Some.User()).Expecting(201);
            await Eventually.IsTrueAsync(async () => (await VerifyAsync(journal, one)).Seals > sealedBefore);
            (await VerifyAsync(journal, one)).DeliveredCheckpoint.Should().Be(0);
            using var http = new HttpClient { BaseAddress = worker.BaseAddress };
            (await Eventually.GetAsync(() => http.GetStringAsync("/metrics"), text => Lag(text) is > 0))
                .Should()
                .NotBeNull();

            // It does not answer; the worker dies after the commit and before the delivery.
            var seen = receiver.Calls;
            (receiver.Answer, receiver.Delay) = (_ => 200, TimeSpan.FromSeconds(2));
            await Eventually.IsTrueAsync(() => Task.FromResult(receiver.Calls > seen));
            worker.Kill();
            await worker.WaitForExitAsync();
        }

        receiver.Delay = TimeSpan.Zero;
        await other.Client.PostAsync("/Users", Some.User()).Expecting(201);
        using (await StartWorkerAsync(journal))
        {
            foreach (var tenant in new[] { one, other })
            {
                await Eventually.IsTrueAsync(async () =>
                    await VerifyAsync(journal, tenant)
                        is { Unsealed: 0, Checkpoints: > 0 and var made, DeliveredCheckpoint: var delivered }
                    && delivered == made
                );
            }
        }

        receiver.Authorizations.Should().OnlyContain(value => value == "Bearer of-the-receiver");
        foreach (var tenant in new[] { one, other })
        {
            // A request is sent again whole or not at all: none begins before the one before it.
            var requests = receiver
                .Taken.Select(lines =>
                    lines.Where(line => TenantOf(line) == tenant.TenantId).Select(Number).Order().ToList()
                )
                .Where(numbers => numbers.Count > 0)
                .ToList();
            requests.Select(numbers => numbers[0]).Should().BeInAscendingOrder();
            var report = await VerifyAsync(journal, tenant);
            requests.SelectMany(numbers => numbers).Distinct().Should().HaveCount((int)report.Checkpoints);

            // What the receiver keeps is the second place that a verification takes.
            var copies = Directory.CreateDirectory(Path.Combine(journal.Scratch, "received"));
            await File.WriteAllLinesAsync(
                Path.Combine(copies.FullName, $"{tenant.TenantId}.ndjson"),
                receiver
                    .Taken.SelectMany(lines => lines)
                    .Where(line => TenantOf(line) == tenant.TenantId)
                    .DistinctBy(Number)
                    .OrderBy(Number)
                    .Select(line => line.GetRawText())
            );
            var verified = await journal.Server.SendAsync(
                new VerifyAudit(tenant.Slug, CheckpointFolder: copies.FullName)
            );
            verified.Findings.Should().BeEmpty();
            verified.SecondPlaceChecked.Should().BeTrue();
        }

        // Whoever takes the checkpoints away beside the journal and in the folder is told of by what was delivered.
        await journal.TamperAsync(
            "delete from journal_checkpoints where tenant_id = @id",
            new { id = new TenantId(Guid.Parse(one.TenantId)) }
        );
        File.Delete(Path.Combine(journal.SecondPlace, $"{one.TenantId}.ndjson"));
        (await VerifyAsync(journal, one))
            .Findings.Should()
            .ContainSingle(finding => finding.Kind == FindingKind.CheckpointMissing);
    }

    private Task<ApiProcess> StartWorkerAsync(SealedJournal journal) =>
        ApiProcess.StartAsync(
            journal.Server.Database,
            new Dictionary<string, string>(journal.Settings) { ["Worker:InProcess"] = "true" },
            kind == DatabaseKind.PostgreSql ? Repository.Built("Scim.Worker", "Scim.Worker.dll") : null
        );

    private static Task<ChainReport> VerifyAsync(SealedJournal journal, TestTenant tenant) =>
        journal.VerifyAsync(tenant.Slug);

    private static string? TenantOf(JsonElement line) =>
        line.GetProperty("checkpoint").GetProperty("tenant").GetString();

    private static long Number(JsonElement line) => line.GetProperty("checkpoint").GetProperty("number").GetInt64();

    private static double? Lag(string metrics) =>
        metrics
            .Split('\n')
            .Where(line => line.StartsWith("scim_audit_checkpoint_lag_seconds", StringComparison.Ordinal))
            .Select(line =>
                (double?)double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)
            )
            .FirstOrDefault();
}
