using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Journal;

namespace Scim.Integration.Tests.Persistence;

[TestFixture(DatabaseProvider.Sqlite)]
[TestFixture(DatabaseProvider.PostgreSql)]
[Property("Capability", "Refusals and reads are journalled within bounds")]
internal sealed class JournalRecorderTests(DatabaseProvider provider)
{
    [Test]
    public async Task Refusals_are_bounded_reads_are_counted_and_nothing_is_lost_at_shutdown()
    {
        await using var host = await PersistenceHost.StartAsync(provider);
        var tenant = await host.CreateTenantAsync();
        var recorder = host.Get<JournalRecorder>();
        await recorder.StartAsync(default);
        for (var i = 0; i < 200; i++)
        {
            recorder.RefusedWrite(tenant, "client:a", $"r{i}", "user.create", "User", null, "refused", "uniqueness");
            recorder.Read(tenant, "client:a", "user.list");
            recorder.RefusedAuthentication(tenant, "unknown");
        }

        recorder.RefusedWrite(tenant, "client:b", "r", "user.create", "User", null, "refused", "uniqueness");
        await recorder.StopAsync(default);

        var rows = new List<JournalFact>();
        await foreach (var row in host.Get<IJournalReader>().TailAsync(tenant, 0, default))
        {
            rows.Add(row);
        }

        rows.Should().ContainSingle(row => row.Operation == "user.list").Which.Occurrences.Should().Be(200);
        rows.Should().ContainSingle(row => row.Actor == "client:b");
        foreach (var operation in new[] { "user.create", "auth.failure" })
        {
            var refused = rows.Where(row => row.Operation == operation && row.Actor != "client:b").ToList();
            refused.Sum(row => row.Occurrences).Should().Be(200);
            refused.Count(row => row.Occurrences == 1).Should().BeInRange(20, 30);
            refused.Should().OnlyContain(row => row.Outcome == "refused");
        }
    }

    [Test]
    public void A_client_gets_its_rows_back_at_one_a_second()
    {
        var clock = new SteppedClock();
        var summary = new OccurrenceSummary(clock);
        var occurrence = new Occurrence(
            new TenantId(Guid.NewGuid()),
            "client:a",
            "r",
            "user.create",
            "User",
            "id",
            "refused",
            "detail",
            clock.GetUtcNow()
        );

        Enumerable.Range(0, 25).Count(_ => summary.Add(occurrence) == Admission.Alone).Should().Be(20);
        clock.Advance(TimeSpan.FromSeconds(3.5));
        Enumerable.Range(0, 25).Count(_ => summary.Add(occurrence) == Admission.Alone).Should().Be(3);
        var drained = summary.Drain().Should().ContainSingle().Subject;
        drained.Count.Should().Be(27);
        drained.Detail.Should().BeNull();
        summary.Drain().Should().BeEmpty();
    }

    [Test]
    public async Task No_read_is_lost_between_those_who_count_and_those_who_look()
    {
        const int Readers = 4;
        const int Reads = 50_000;
        var tenant = new TenantId(Guid.NewGuid());
        var counts = new ReadCounts(TimeProvider.System);

        var counting = Task.WhenAll(
            Enumerable
                .Range(0, Readers)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        for (var i = 0; i < Reads; i++)
                        {
                            counts.TryCount(tenant, "client:a", "user.read").Should().BeTrue();
                        }
                    })
                )
        );
        var seen = 0;
        while (!counting.IsCompleted)
        {
            seen += counts.Drain().Sum(row => row.Count);
        }

        await counting;
        seen += counts.Drain().Sum(row => row.Count);

        seen.Should().Be(Readers * Reads);
        counts.Drain().Should().BeEmpty();
    }

    private sealed class SteppedClock : TimeProvider
    {
        private long _ticks = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(_ticks);

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
