using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Tenants;

[Property("Capability", "Features for a share of the tenants, or for named ones")]
internal sealed class RolloutTests
{
    private static readonly TenantId[] Tenants =
    [
        .. Enumerable
            .Range(0, 5000)
            .Select(i => new TenantId(Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddDays(i)))),
    ];

    [TestCase("true", true)]
    [TestCase("false", false)]
    [TestCase("{}", true)]
    [TestCase("""{"enabled":false,"percent":100}""", false)]
    [TestCase("""{"percent":100}""", true)]
    [TestCase("""{"percent":0}""", false)]
    [TestCase("""{"tenants":[]}""", false)]
    public void All_or_none_is_so_without_a_tenant_too(string json, bool expected)
    {
        Read(json).Includes(null).Should().Be(expected);
        Tenants.Should().OnlyContain(tenant => Read(json).Includes(tenant) == expected);
    }

    [Test]
    public void A_share_is_about_as_large_as_it_says_and_grows_without_putting_anybody_out()
    {
        var twenty = Tenants.Where(tenant => Read("""{"percent":20}""").Includes(tenant)).ToHashSet();
        var fifty = Tenants.Where(tenant => Read("""{"percent":50}""").Includes(tenant)).ToHashSet();

        twenty.Count.Should().BeInRange(850, 1150);
        fifty.Count.Should().BeInRange(2300, 2700);
        fifty.Should().Contain(twenty);
        Read("""{"percent":99}""").Includes(null).Should().BeFalse();
    }

    [Test]
    public void Another_feature_begins_with_other_tenants()
    {
        var one = Tenants.Where(tenant => Read("""{"percent":20}""").Includes(tenant)).ToHashSet();
        var other = Tenants.Where(tenant => Read("""{"percent":20}""", "features.other").Includes(tenant)).ToHashSet();

        one.Intersect(other).Count().Should().BeLessThan(400);
    }

    [Test]
    public void Named_tenants_have_it_beside_the_share()
    {
        var outside = Tenants.First(tenant => !Read("""{"percent":20}""").Includes(tenant));
        var json = $$"""{"enabled":true,"percent":20,"tenants":["{{outside}}"]}""";

        Read(json).Includes(outside).Should().BeTrue();
        Tenants.Count(tenant => Read(json).Includes(tenant)).Should().BeInRange(850, 1151);
        Tenants.Count(tenant => Read($$"""{"tenants":["{{outside}}"]}""").Includes(tenant)).Should().Be(1);
    }

    [TestCase("1")]
    [TestCase("\"true\"")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("""{"percent":101}""")]
    [TestCase("""{"percent":-1}""")]
    [TestCase("""{"percent":"20"}""")]
    [TestCase("""{"percent":1.5}""")]
    [TestCase("""{"enabled":1}""")]
    [TestCase("""{"tenants":["x"]}""")]
    [TestCase("""{"tenants":"x"}""")]
    [TestCase("""{"share":20}""")]
    public void Anything_else_is_none(string json) =>
        Rollout.Read("features.bulk", JsonElement.Parse(json)).Should().BeNull();

    private static Rollout Read(string json, string feature = "features.bulk") =>
        Rollout.Read(feature, JsonElement.Parse(json))!;
}
