using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Jobs;

internal sealed class JobTests
{
    private static readonly RetryPolicy Policy = new(3, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1));

    [Test]
    public void A_failed_job_waits_and_is_dead_after_its_last_attempt()
    {
        var second = Running(attempts: 2).Fail("broken", Some.Time, Policy, chance: 1);
        var third = Running(attempts: 3).Fail("broken", Some.Time, Policy, chance: 1);

        second.State.Should().Be(JobState.Waiting);
        second.RunAfter.Should().Be(Some.Time.AddSeconds(20));
        second.Error.Should().Be("broken");
        third.State.Should().Be(JobState.Dead);
        third.FinishedAt.Should().Be(Some.Time);
    }

    [TestCase(1, 0.0, 5)]
    [TestCase(1, 1.0, 10)]
    [TestCase(2, 1.0, 20)]
    [TestCase(3, 0.5, 30)]
    [TestCase(4, 1.0, 60)]
    [TestCase(1000, 1.0, 60)]
    public void Delays_double_up_to_a_limit_and_are_scattered(int attempt, double chance, int seconds) =>
        Policy.DelayAfter(attempt, chance).Should().Be(TimeSpan.FromSeconds(seconds));

    [Test]
    public void An_attempt_that_was_given_back_does_not_count()
    {
        var job = Running(attempts: 3).GiveBack(Some.Time);

        job.State.Should().Be(JobState.Waiting);
        job.Attempts.Should().Be(2);
        job.RunAfter.Should().Be(Some.Time);
    }

    [Test]
    public void Only_a_dead_job_is_retried_and_it_has_all_its_attempts_again()
    {
        var dead = Running(attempts: 3).Fail("broken", Some.Time, Policy, chance: 1);

        var retried = dead.Retry(Some.Time.AddDays(1));
        var again = () => retried.Retry(Some.Time);

        retried.State.Should().Be(JobState.Waiting);
        retried.Attempts.Should().Be(0);
        retried.FinishedAt.Should().BeNull();
        again.Should().Throw<ScimException>().Which.Error.Status.Should().Be(409);
    }

    [Test]
    public void What_does_not_run_cannot_end()
    {
        var done = Running(attempts: 1).Succeed("{}", Some.Time);

        var again = () => done.Succeed("{}", Some.Time);
        var failed = () => done.Fail("late", Some.Time, Policy, chance: 1);

        again.Should().Throw<InvalidOperationException>();
        failed.Should().Throw<InvalidOperationException>();
    }

    [Test]
    public void A_long_error_is_cut() =>
        Running(attempts: 1)
            .Fail(new string('x', 5000), Some.Time, Policy, chance: 1)
            .Error.Should()
            .HaveLength(Job.MaxErrorLength);

    private static Job Running(int attempts) =>
        Job.Create(new TenantId(Guid.NewGuid()), "test", Some.Time) with
        {
            State = JobState.Running,
            Attempts = attempts,
            Fence = attempts,
        };
}
