using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Tenants;

public sealed class TenantTests
{
    private static readonly DateTimeOffset Time = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [TestCase("ab")]
    [TestCase("acme")]
    [TestCase("0-9")]
    [TestCase("a-")]
    [TestCase("abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmnopqrstuvwxy")]
    public void A_slug_of_letters_digits_and_hyphens_is_accepted(string slug) =>
        Tenant.Create(slug, null, TenantPlan.Unlimited, Time).Slug.Should().Be(slug);

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
        var create = () => Tenant.Create(slug, null, TenantPlan.Unlimited, Time);

        create.Should().Throw<ScimException>().Which.Error.ScimType.Should().Be("invalidValue");
    }

    [Test]
    public void A_new_tenant_is_active_and_named_like_its_slug_unless_told_otherwise()
    {
        var tenant = Tenant.Create("acme", "  ", TenantPlan.Trial, Time);

        tenant.Name.Should().Be("acme");
        tenant.State.Should().Be(TenantState.Active);
        tenant.Plan.Should().Be(TenantPlan.Trial);
        tenant.CreatedAt.Should().Be(Time);
        Tenant.Create("acme", " Acme Inc. ", TenantPlan.Trial, Time).Name.Should().Be("Acme Inc.");
    }

    [Test]
    public void A_name_has_a_limit()
    {
        var create = () => Tenant.Create("acme", new string('x', 201), TenantPlan.Trial, Time);

        create.Should().Throw<ScimException>();
    }
}
