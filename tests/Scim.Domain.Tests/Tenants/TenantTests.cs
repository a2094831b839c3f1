using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Tenants;

public sealed class TenantTests
{
    private static readonly DateTimeOffset Time = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Grace = TimeSpan.FromDays(30);
    private static readonly TenantPlan Unlimited = new("unlimited", null, TenantLimits.None);
    private static readonly TenantPlan Trial = new("trial", 30, new TenantLimits(50, 1));

    [TestCase("ab")]
    [TestCase("acme")]
    [TestCase("0-9")]
    [TestCase("a-")]
    [TestCase("abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmnopqrstuvwxy")]
    public void A_slug_of_letters_digits_and_hyphens_is_accepted(string slug) =>
        Create(slug, null, Unlimited).Slug.Should().Be(slug);

    [TestCase("")]
    [TestCase("a")]
    [TestCase("-a")]
    [TestCase("Acme")]
    [TestCase("a_b")]
    [TestCase("a b")]
    [TestCase("acme\n")]
    [TestCase("é-a")]
    [TestCase("abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmnopqrstuvwxyz")]
    public void Any_other_slug_is_refused(string slug)
    {
        var create = () => Create(slug, null, Unlimited);

        create.Should().Throw<ScimException>().Which.Error.ScimType.Should().Be("invalidValue");
    }

    [Test]
    public void A_new_tenant_is_active_and_named_like_its_slug_unless_told_otherwise()
    {
        var tenant = Create("acme", "  ", Trial);

        tenant.Name.Should().Be("acme");
        tenant.State.Should().Be(TenantState.Active);
        tenant.Plan.Should().Be(Trial);
        tenant.TrialEndsAt.Should().Be(Time.AddDays(30));
        tenant.CreatedAt.Should().Be(Time);
        Create("acme", " Acme Inc. ", Trial).Name.Should().Be("Acme Inc.");
    }

    [Test]
    public void A_name_has_a_limit()
    {
        var create = () => Create("acme", new string('x', 201), Trial);

        create.Should().Throw<ScimException>();
    }

    [Test]
    public void Limits_of_its_own_stand_in_the_place_of_the_plans()
    {
        var tenant = Create("acme", null, Trial) with { OwnLimits = new TenantLimits(80, null) };

        tenant.Limits.Should().Be(new TenantLimits(80, 1));
        tenant.On(Unlimited, Time).Limits.Should().Be(new TenantLimits(80, null));
    }

    [Test]
    public void Another_plan_ends_the_trial_and_the_same_one_does_not_begin_it_again()
    {
        var tenant = Create("acme", null, Trial);

        tenant.On(Trial, Time.AddDays(3)).TrialEndsAt.Should().Be(Time.AddDays(30));
        tenant.On(Unlimited, Time).TrialEndsAt.Should().BeNull();
    }

    [Test]
    public void A_deleted_tenant_is_restored_to_the_state_it_had()
    {
        var suspended = Create("acme", null, Unlimited) with { State = TenantState.Suspended };
        var deleted = suspended.Delete(Time, Grace);
        var twice = () => deleted.Delete(Time, Grace);

        deleted.State.Should().Be(TenantState.Deleting);
        deleted.PurgeAfter.Should().Be(Time + Grace);
        deleted.Restore().Should().BeEquivalentTo(suspended with { Version = 3 });
        twice.Should().Throw<ScimException>().Which.Error.Status.Should().Be(409);
        suspended.Invoking(alive => alive.Restore()).Should().Throw<ScimException>();
        suspended.Invoking(alive => alive.PurgeNow(Time)).Should().Throw<ScimException>();
    }

    [Test]
    public void A_purge_waits_until_what_was_under_way_has_ended()
    {
        var deleted = Create("acme", null, Unlimited).Delete(Time, TimeSpan.Zero);

        deleted.PurgeAfter.Should().Be(Time.AddMinutes(1));
        deleted.PurgeNow(Time.AddSeconds(5)).PurgeAfter.Should().Be(Time.AddMinutes(1));
        deleted.PurgeNow(Time.AddDays(5)).PurgeAfter.Should().Be(Time.AddDays(5));
    }

    private static Tenant Create(string slug, string? name, TenantPlan plan) =>
        Tenant.Create(slug, name, plan, Guid.NewGuid(), Time);
}
