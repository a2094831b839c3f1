using System.Globalization;
using FluentAssertions;
using NUnit.Framework;
using Scim.Infrastructure.Hosting.Telemetry;
using Scim.Integration.Tests.Security;

namespace Scim.Integration.Tests.Observability;

[Property("Capability", "Metrics name the busiest 200 tenants and no more")]
public sealed class TenantLabelsTests
{
    private readonly ManualClock _clock = new();

    [Test]
    public void The_first_tenants_are_named_and_the_rest_are_other()
    {
        var labels = new TenantLabels(_clock);

        var given = Enumerable.Range(0, 300).Select(i => labels.Of(Slug(i))).ToList();

        given.Take(TenantLabels.Slots).Should().Equal(Enumerable.Range(0, TenantLabels.Slots).Select(Slug));
        given.Skip(TenantLabels.Slots).Should().OnlyContain(label => label == TenantLabels.Other);
        labels.Of(null).Should().BeEmpty();
    }

    [Test]
    public void Who_is_busy_takes_the_place_of_who_is_not()
    {
        var labels = new TenantLabels(_clock);
        for (var i = 0; i < TenantLabels.Slots; i++)
        {
            labels.Note(Slug(i));
            labels.Of(Slug(i));
        }

        for (var i = 0; i < 50; i++)
        {
            labels.Note("busy");
        }

        labels.Of("busy").Should().Be(TenantLabels.Other);
        _clock.Advance(TimeSpan.FromMinutes(2));

        labels.Of("busy").Should().Be("busy");
        Enumerable.Range(0, TenantLabels.Slots).Count(i => labels.Of(Slug(i)) == Slug(i)).Should().BeLessThan(200);
    }

    [Test]
    public void However_long_it_runs_the_names_have_an_end()
    {
        var labels = new TenantLabels(_clock);
        var given = new HashSet<string>();
        for (var i = 0; i < 3000; i++)
        {
            labels.Note(Slug(i));
            given.Add(labels.Of(Slug(i)));
            if (i % 100 == 0)
            {
                _clock.Advance(TimeSpan.FromMinutes(2));
            }
        }

        given.Should().HaveCountLessThanOrEqualTo(TenantLabels.NamesForLife + 1);
    }

    private static string Slug(int i) => string.Create(CultureInfo.InvariantCulture, $"tenant-{i}");
}
