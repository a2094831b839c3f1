using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Tenants;

internal sealed class ClientProfileTests
{
    [Test]
    public void The_profiles_are_those_an_operator_can_name() =>
        ClientProfile.Names.Should().BeEquivalentTo("auto", "strict", "entra", "entra-legacy", "okta");

    [Test]
    public void Auto_tolerates_every_deviation_and_strict_none([Values] Deviation deviation)
    {
        ClientProfile.Find("auto")!.Tolerates(deviation).Should().BeTrue();
        ClientProfile.Find("strict")!.Tolerates(deviation).Should().BeFalse();
    }

    [TestCase("entra")]
    [TestCase("entra-legacy")]
    [TestCase("okta")]
    public void A_named_profile_tolerates_less_than_auto_and_more_than_strict(string name) =>
        Enum.GetValues<Deviation>()
            .Count(ClientProfile.Find(name)!.Tolerates)
            .Should()
            .BeInRange(1, Enum.GetValues<Deviation>().Length - 1);

    [Test]
    public void An_unknown_profile_is_none() => ClientProfile.Find("Auto").Should().BeNull();

    [Test]
    public void A_log_holds_what_was_tolerated_once_each_and_nothing_that_was_refused()
    {
        var log = new DeviationLog(ClientProfile.Okta);

        log.Tolerates(Deviation.UnknownSchema).Should().BeTrue();
        log.Tolerates(Deviation.UnknownSchema).Should().BeTrue();
        log.Tolerates(Deviation.StringBoolean).Should().BeFalse();

        log.Seen.Should().Equal(Deviation.UnknownSchema);
    }
}
