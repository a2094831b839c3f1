using System.Text.Json;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.Application.Jobs;
using Scim.Domain.Audit;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.TestKit;

namespace Scim.Integration.Tests.Audit;

[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "The journal is sealed into a hash chain with signed checkpoints; audit verify finds tampering, online and on an export"
)]
internal sealed class SealingTests(DatabaseKind kind)
{
    private SealedJournal _journal = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _journal = await SealedJournal.StartAsync(kind);

    [OneTimeTearDown]
    public async Task StopAsync() => await _journal.DisposeAsync();

    [Test]
    public async Task What_clients_write_is_sealed_and_verified_with_its_changes()
    {
        using var tenant = await TestTenant.CreateAsync(_journal.Server);
        var id = new TenantId(Guid.Parse(tenant.TenantId));
        var group = await tenant.Client.PostAsync("/Groups", Some.Group());
        for (var i = 0; i < 5; i++)
        {
            var user = await tenant.Client.PostAsync("/Users", Some.User());
            await tenant.Client.PatchAsync($"/Groups/{group.Id}", Messages.AddMembers(user.Id));
        }

        await _journal.SealAsync(id);
        var report = await _journal.VerifyAsync(tenant.Slug);

        report.Findings.Should().BeEmpty();
        report.Should().Match<ChainReport>(x => x.Rows > 10 && x.Seals == 1 && x.Unsealed == 0 && x.Kept > 10);
        report.Should().Match<ChainReport>(x => x.VouchedSeal == 1 && x.SignaturesChecked && x.SecondPlaceChecked);
    }

    [Test]
    public async Task Only_tenants_whose_journal_grew_get_a_sealing_job_and_one_for_all_replicas()
    {
        var (grown, slug) = await _journal.FillAsync();
        using var idle = await TestTenant.CreateAsync(_journal.Server);
        await _journal.SealAsync(new TenantId(Guid.Parse(idle.TenantId)));

        await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => _journal.Server.SendAsync(new ScheduleSealing(TimeSpan.FromHours(1))))
        );

        (await _journal.Server.SendAsync(new ListJobs(slug, JobState.Waiting)))
            .Should()
            .ContainSingle(job => job.Type == SealJournal.JobType);
        (await _journal.Server.SendAsync(new ListJobs(idle.Slug, JobState.Waiting)))
            .Should()
            .NotContain(job => job.Type == SealJournal.JobType);
        (await Store(store => store.ListUnsealedAsync(new TenantId(Guid.AllBitsSet), 1000, default)))
            .Should()
            .Contain(grown);
    }

    [Test]
    public async Task The_installations_own_journal_is_sealed_as_a_tenants_is()
    {
        await _journal.AppendAsync(TenantId.Installation, 3);
        (await Store(store => store.ListUnsealedAsync(new TenantId(Guid.AllBitsSet), 1000, default)))
            .Should()
            .Contain(TenantId.Installation);

        await _journal.SealAsync(TenantId.Installation);

        var report = await _journal.VerifyAsync(TenantId.Installation.ToString());
        report.Findings.Should().BeEmpty();
        report.Should().Match<ChainReport>(x => x.Rows >= 3 && x.Seals >= 1 && x.VouchedSeal == x.Seals);
        await _journal.TamperAsync(
            "update journal set outcome = 'refused' where tenant_id = @id",
            new { id = TenantId.Installation }
        );
        (await _journal.VerifyAsync(TenantId.Installation.ToString())).IsIntact.Should().BeFalse();
        await _journal.TamperAsync(
            "update journal set outcome = 'success' where tenant_id = @id",
            new { id = TenantId.Installation }
        );
    }

    [Test]
    public async Task A_long_journal_is_sealed_in_segments()
    {
        using var tenant = await TestTenant.CreateAsync(_journal.Server);
        var id = new TenantId(Guid.Parse(tenant.TenantId));
        await _journal.AppendAsync(id, (2 * SealJournal.RowsPerSeal) + 7);

        await _journal.SealAsync(id);
        await _journal.SealAsync(id);
        var report = await _journal.VerifyAsync(tenant.Slug);

        report.Findings.Should().BeEmpty();
        report.Seals.Should().Be(3);
        report.Checkpoints.Should().Be(1);
        report.Rows.Should().BeGreaterThan(2 * SealJournal.RowsPerSeal).And.Be(report.Kept + 3);
    }

    private static readonly string[] Columns =
    [
        "epoch = epoch + 1",
        "occurred_at = (select sealed_at from journal_seals s where s.tenant_id = journal.tenant_id and s.number = 3)",
        "actor = 'client:other'",
        "request_id = 'other'",
        "operation = 'user.delete'",
        "resource_type = null",
        "resource_id = 'other'",
        "outcome = 'refused'",
        "detail = 'other'",
        "occurrences = occurrences + 1",
        "change_digest = null",
    ];

    private const string AnyRow = """
        tenant_id = @tenant and sequence = (
            select sequence from journal where tenant_id = @tenant and sequence <= @last order by sequence limit 1 offset @at)
        """;

    [Test]
    [Category(Soak.Property)]
    public Task A_changed_row_is_found() =>
        FindAsync(
            FindingKind.RowChangedOrInserted,
            (tenant, last, random) =>
                _journal.TamperAsync(
                    $"update journal set {Columns[random.Next(Columns.Length)]} where {AnyRow}",
                    new
                    {
                        tenant,
                        last,
                        at = random.Next(3, 18),
                    }
                )
        );

    [Test]
    [Category(Soak.Property)]
    public Task A_deleted_row_is_found() =>
        FindAsync(
            FindingKind.RowMissing,
            (tenant, last, random) =>
                _journal.TamperAsync(
                    $"delete from journal where {AnyRow}",
                    new
                    {
                        tenant,
                        last,
                        at = random.Next(3, 18),
                    }
                )
        );

    [Test]
    [Category(Soak.Property)]
    public Task Swapped_rows_are_found() =>
        FindAsync(
            FindingKind.RowChangedOrInserted,
            async (tenant, last, random) =>
            {
                var rows = await Store(store => store.ReadAsync(tenant, 0, last, 100, default));
                var at = random.Next(3, 17);
                return await _journal.TamperAsync(
                    """
                    update journal set resource_id = case when sequence = @one then @oneId else @otherId end
                     where tenant_id = @tenant and sequence in (@one, @other)
                    """,
                    new
                    {
                        tenant,
                        one = rows[at].Sequence,
                        other = rows[at + 1].Sequence,
                        oneId = rows[at + 1].ResourceId,
                        otherId = rows[at].ResourceId,
                    }
                );
            }
        );

    [Test]
    [Category(Soak.Property)]
    public Task An_inserted_row_is_found() =>
        FindAsync(
            FindingKind.RowChangedOrInserted,
            async (tenant, last, random) =>
            {
                var at = (await SequencesAsync(tenant))[random.Next(4, 18)];
                // The number before it is another tenant's.
                return await _journal.TamperAsync(
                    "update journal set tenant_id = @tenant where sequence = @sequence",
                    new { tenant, sequence = at - 1 }
                );
            }
        );

    [Test]
    [Category(Soak.Property)]
    public Task A_truncated_journal_is_found() =>
        FindAsync(
            FindingKind.Truncated,
            async (tenant, last, random) =>
            {
                var left = random.Next(3);
                var parameters = new { tenant, left };
                var affected = await _journal.TamperAsync(
                    "delete from journal_seals where tenant_id = @tenant and number > @left",
                    parameters
                );
                if (random.Next(2) == 0)
                {
                    await _journal.TamperAsync(
                        "delete from journal_checkpoints where tenant_id = @tenant and number > @left",
                        parameters
                    );
                }

                await _journal.TamperAsync(
                    """
                    delete from journal where tenant_id = @tenant and sequence > coalesce(
                        (select max(last_sequence) from journal_seals where tenant_id = @tenant), 0)
                    """,
                    parameters
                );
                return affected;
            }
        );

    [Test]
    [Category(Soak.Property)]
    public Task A_chain_that_was_made_again_from_changed_rows_is_found() =>
        FindAsync(
            FindingKind.Forked,
            async (tenant, last, random) =>
            {
                // Whoever has the database can have it sealed again, but the second place keeps what was signed.
                await _journal.TamperAsync(
                    $"update journal set actor = 'client:other' where {AnyRow}",
                    new
                    {
                        tenant,
                        last,
                        at = random.Next(3, 18),
                    }
                );
                await _journal.TamperAsync("delete from journal_seals where tenant_id = @tenant", new { tenant });
                var affected = await _journal.TamperAsync(
                    "delete from journal_checkpoints where tenant_id = @tenant",
                    new { tenant }
                );
                await _journal.SealAsync(tenant);
                return affected;
            }
        );

    [Test]
    [Category(Soak.Property)]
    public Task An_altered_change_is_found() =>
        FindAsync(
            FindingKind.ChangeAltered,
            (tenant, last, random) =>
                _journal.TamperAsync(
                    """
                    update journal_changes set change = '{"after":-1}' where tenant_id = @tenant and sequence = (
                        select sequence from journal_changes where tenant_id = @tenant order by sequence limit 1 offset @at)
                    """,
                    new { tenant, at = random.Next(15) }
                )
        );

    [Test]
    public async Task An_old_checkpoint_that_is_played_back_is_found()
    {
        var (id, slug) = await _journal.FillAsync();
        var file = Path.Combine(_journal.SecondPlace, $"{id}.ndjson");
        var lines = await File.ReadAllLinesAsync(file);
        lines.Should().HaveCount(3);

        await File.AppendAllLinesAsync(file, [lines[0]]);
        var appended = await _journal.VerifyAsync(slug);
        await File.WriteAllLinesAsync(file, [lines[0], lines[1], lines[0]]);
        var replaced = await _journal.VerifyAsync(slug);
        await File.WriteAllLinesAsync(file, [lines[0]]);
        var cut = await _journal.VerifyAsync(slug);
        await File.WriteAllLinesAsync(file, lines);

        appended.Findings.Should().Contain(finding => finding.Kind == FindingKind.CheckpointReplayed);
        replaced.Findings.Should().Contain(finding => finding.Kind == FindingKind.CheckpointReplayed);
        cut.Findings.Should().Contain(finding => finding.Kind == FindingKind.CheckpointMissing);
        (await _journal.VerifyAsync(slug)).IsIntact.Should().BeTrue();
    }

    [Test]
    public async Task A_copy_that_a_crash_tore_or_kept_from_being_written_is_made_up_for()
    {
        var (id, slug) = await _journal.FillAsync();
        var file = Path.Combine(_journal.SecondPlace, $"{id}.ndjson");
        var lines = await File.ReadAllLinesAsync(file);
        await File.WriteAllTextAsync(file, lines[0] + "\n" + lines[1][..40]);

        await _journal.SealAsync(id);

        var report = await _journal.VerifyAsync(slug);
        report.Findings.Should().BeEmpty();
        report.Checkpoints.Should().Be(4);
    }

    [Test]
    public async Task Erased_changes_are_told_as_erased_and_the_rest_stays_verifiable()
    {
        var (id, slug) = await _journal.FillAsync();
        var erased = await _journal.TamperAsync(
            "delete from journal_changes where tenant_id = @tenant and sequence % 2 = 0 or tenant_id = @tenant",
            new { tenant = id }
        );

        var report = await _journal.VerifyAsync(slug);

        report.Findings.Should().BeEmpty();
        report.Erased.Should().Be(erased).And.Be(17);
        report.Kept.Should().Be(0);
    }

    [Test]
    public async Task An_export_is_verified_without_the_database_and_a_changed_line_is_found()
    {
        var (id, slug) = await _journal.FillAsync();
        var export = Path.Combine(_journal.Scratch, $"{id}.export");
        var told = await RunAsync("audit", "export", "--tenant", slug, "--output", export, "--json");
        JsonElement.Parse(told).GetProperty("lines").GetInt32().Should().Be(20 + 3 + 3);
        var nowhere = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        string[] verify =
        [
            "audit",
            "verify",
            "--tenant",
            id.ToString(),
            "--checkpoints",
            _journal.SecondPlace,
            "--key",
            _journal.PublicKey,
            "--json",
            "--export",
        ];

        var good = await TestKit.Cli.RunAsync(nowhere, [.. verify, export]);
        var lines = await File.ReadAllLinesAsync(export);
        var changed = Path.Combine(_journal.Scratch, $"{id}.changed");
        lines[4] = lines[4].Replace("user.update", "user.delete", StringComparison.Ordinal);
        await File.WriteAllLinesAsync(changed, lines);
        var bad = await TestKit.Cli.RunAsync(nowhere, [.. verify, changed]);
        await nowhere.DisposeAsync();

        good.ExitCode.Should().Be(0, good.Error);
        good.Json.GetProperty("intact").GetBoolean().Should().BeTrue();
        good.Json.GetProperty("signaturesChecked").GetBoolean().Should().BeTrue();
        good.Json.GetProperty("vouchedSeal").GetInt64().Should().Be(3);
        bad.ExitCode.Should().Be(1);
        JsonElement
            .Parse(bad.Output)
            .GetProperty("findings")[0]
            .GetProperty("kind")
            .GetString()
            .Should()
            .Be("RowChangedOrInserted");
        (await RunAsync("audit", "verify", "--tenant", slug)).Should().Contain("The journal is as it was sealed.");
    }

    private async Task FindAsync(FindingKind expected, Func<TenantId, long, Random, Task<int>> tamper)
    {
        var random = Some.Random();
        for (var i = Soak.Count(4, 1_000); i > 0; i--)
        {
            var (id, slug) = await _journal.FillAsync();
            (await _journal.VerifyAsync(slug)).Findings.Should().BeEmpty();
            var last = (await Store(store => store.FindLastSealAsync(id, default)))!.LastSequence;

            (await tamper(id, last, random)).Should().BePositive();

            var report = await _journal.VerifyAsync(slug);
            report.Findings.Should().Contain(finding => finding.Kind == expected);
        }
    }

    private async Task<List<long>> SequencesAsync(TenantId tenant) =>
        [
            .. (await Store(store => store.ReadAsync(tenant, 0, long.MaxValue, 100, default))).Select(row =>
                row.Sequence
            ),
        ];

    private async Task<T> Store<T>(Func<ISealStore, Task<T>> work)
    {
        await using var scope = _journal.Server.Services.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<ISealStore>());
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        var database = _journal.Settings.Aggregate(
            _journal.Server.Database,
            (database, setting) => database.With(setting.Key, setting.Value)
        );
        var result = await TestKit.Cli.RunAsync(database, arguments);
        result.ExitCode.Should().Be(0, result.Error);
        return result.Output;
    }
}
