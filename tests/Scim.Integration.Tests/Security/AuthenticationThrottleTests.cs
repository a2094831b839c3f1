using System.Net;
using FluentAssertions;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Security;

namespace Scim.Integration.Tests.Security;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Property("Capability", "A flood of bad tokens costs little and locks nobody out")]
public sealed class AuthenticationThrottleTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress There = IPAddress.Parse("198.51.100.1");

    private readonly ManualClock _clock = new();

    [Test]
    public void A_network_that_fails_too_often_is_throttled_until_time_has_passed()
    {
        var throttle = Throttle(perMinute: 3);

        Fail(throttle, Here, times: 3);

        throttle.IsExceeded(Here, "token").Should().BeTrue();
        throttle.IsExceeded(There, "token").Should().BeFalse();
        _clock.Advance(TimeSpan.FromSeconds(20));
        throttle.IsExceeded(Here, "token").Should().BeFalse();
    }

    [Test]
    public void A_client_whose_token_is_guessed_from_many_networks_is_throttled()
    {
        var throttle = Throttle(perMinute: 3);
        var client = Guid.NewGuid();

        for (byte i = 1; i <= 3; i++)
        {
            throttle.Failed(new IPAddress([203, 0, i, 1]), $"token{i % 2}", client);
        }

        throttle.IsExceeded(There, "token0").Should().BeTrue();
        throttle.IsExceeded(There, "token1").Should().BeTrue();
        throttle.IsExceeded(There, "another").Should().BeFalse();
    }

    [Test]
    public void Zero_switches_the_throttle_off()
    {
        var throttle = Throttle(perMinute: 0);

        Fail(throttle, Here, times: 1000);

        throttle.IsExceeded(Here, "token").Should().BeFalse();
    }

    [TestCase("192.0.2.1", "192.0.2.254", true)]
    [TestCase("192.0.2.1", "192.0.3.1", false)]
    [TestCase("192.0.2.1", "::ffff:192.0.2.9", true)]
    [TestCase("2001:db8::1", "2001:db8::ffff:1", true)]
    [TestCase("2001:db8::1", "2001:db8:0:1::1", false)]
    [TestCase("::c000:200:0:0", "192.0.2.0", false)]
    public void Addresses_of_one_network_count_together(string one, string other, bool together) =>
        (NetworkKey.Of(IPAddress.Parse(one)) == NetworkKey.Of(IPAddress.Parse(other))).Should().Be(together);

    private static void Fail(AuthenticationThrottle throttle, IPAddress network, int times)
    {
        for (var i = 0; i < times; i++)
        {
            throttle.Failed(network);
        }
    }

    private AuthenticationThrottle Throttle(int perMinute) =>
        new(Options.Create(new LimitsOptions { FailedAuthenticationsPerMinute = perMinute }), _clock);
}
