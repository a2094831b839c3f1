using FluentAssertions;
using NUnit.Framework;
using Scim.Infrastructure.Security;

namespace Scim.Integration.Tests.Security;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Property("Capability", "Rate limit per client")]
public sealed class TokenBucketsTests
{
    private readonly ManualClock _clock = new();

    [Test]
    public void A_burst_is_granted_and_the_next_request_is_told_when_to_come_back()
    {
        var buckets = new TokenBuckets<string>(10, 5, _clock);

        var granted = Enumerable.Range(0, 5).Count(i => buckets.TryTake("a", out _));
        var sixth = buckets.TryTake("a", out var retryAfter);

        granted.Should().Be(5);
        sixth.Should().BeFalse();
        retryAfter.Should().Be(TimeSpan.FromSeconds(0.1));
    }

    [Test]
    public void A_refused_request_costs_nothing_and_the_rate_comes_back()
    {
        var buckets = new TokenBuckets<string>(10, 1, _clock);
        buckets.TryTake("a", out _);

        for (var i = 0; i < 100; i++)
        {
            buckets.TryTake("a", out _).Should().BeFalse();
        }

        _clock.Advance(TimeSpan.FromSeconds(0.1));
        buckets.TryTake("a", out _).Should().BeTrue();
        buckets.TryTake("a", out _).Should().BeFalse();
    }

    [Test]
    public void A_pause_fills_the_bucket_but_never_above_the_burst()
    {
        var buckets = new TokenBuckets<string>(10, 5, _clock);
        _clock.Advance(TimeSpan.FromHours(1));
        buckets.TryTake("a", out _);
        _clock.Advance(TimeSpan.FromHours(1));

        Enumerable.Range(0, 20).Count(i => buckets.TryTake("a", out _)).Should().Be(5);
    }

    [Test]
    public void Keys_do_not_share_a_budget()
    {
        var buckets = new TokenBuckets<string>(1, 1, _clock);
        buckets.TryTake("a", out _);

        buckets.TryTake("b", out _).Should().BeTrue();
    }

    [TestCase(0, 5)]
    [TestCase(5, 0)]
    public void Zero_means_no_limit(int rate, int burst)
    {
        var buckets = new TokenBuckets<string>(rate, burst, _clock);

        Enumerable.Range(0, 10_000).All(i => buckets.TryTake("a", out _)).Should().BeTrue();
        buckets.IsEmpty("a").Should().BeFalse();
        buckets.Count.Should().Be(0);
    }

    [Test]
    public void Full_buckets_are_forgotten_when_new_keys_come()
    {
        var buckets = new TokenBuckets<int>(1, 2, _clock);
        for (var key = 0; key < 1000; key++)
        {
            buckets.TryTake(key, out _);
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        buckets.TryTake(1000, out _);

        buckets.Count.Should().Be(1);
    }

    [Test]
    public void Beyond_the_capacity_new_keys_share_one_bucket()
    {
        var buckets = new TokenBuckets<int>(1, 1, _clock, capacity: 10);
        for (var key = 0; key < 10; key++)
        {
            buckets.TryTake(key, out _).Should().BeTrue();
        }

        buckets.TryTake(10, out _).Should().BeTrue();
        buckets.TryTake(11, out _).Should().BeFalse();
        buckets.Count.Should().Be(10);
    }

    [Test]
    public void Looking_whether_a_bucket_is_empty_takes_nothing()
    {
        var buckets = new TokenBuckets<string>(1, 1, _clock);

        buckets.IsEmpty("a").Should().BeFalse();
        buckets.TryTake("a", out _).Should().BeTrue();
        buckets.IsEmpty("a").Should().BeTrue();
        _clock.Advance(TimeSpan.FromSeconds(1));
        buckets.IsEmpty("a").Should().BeFalse();
    }

    [Test]
    public void Parallel_takers_get_exactly_the_burst()
    {
        var buckets = new TokenBuckets<int>(1, 500, _clock);
        var granted = 0;

        Parallel.For(
            0,
            4000,
            i =>
            {
                buckets.TryTake(i, out _);
                if (buckets.TryTake(-1, out _))
                {
                    Interlocked.Increment(ref granted);
                }
            }
        );

        granted.Should().Be(500);
    }

    [Test]
    public void Another_rate_holds_at_once_and_begins_with_a_full_bucket()
    {
        var buckets = new TokenBuckets<string>(_clock);
        Enumerable.Range(0, 9).Count(_ => buckets.TryTake("a", 0.001, 5, out var _)).Should().Be(5);

        Enumerable.Range(0, 9).Count(_ => buckets.TryTake("a", 10, 3, out var _)).Should().Be(3);
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        buckets.TryTake("a", 10, 3, out _).Should().BeTrue();
        buckets.TryTake("a", 10, 3, out _).Should().BeFalse();
        buckets.TryTake("a", 0, 3, out _).Should().BeTrue();
    }
}
