using System.Net;
using FluentAssertions;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Security;

namespace Scim.Integration.Tests.Security;

[Property("Capability", "Requests to addresses that operators name reach nothing private, after the name was resolved")]
internal sealed class OutboundHttpTests
{
    [TestCase("8.8.8.8", true)]
    [TestCase("2606:4700::1111", true)]
    [TestCase("127.0.0.1", false)]
    [TestCase("10.1.2.3", false)]
    [TestCase("172.31.255.255", false)]
    [TestCase("192.168.0.1", false)]
    [TestCase("169.254.169.254", false)]
    [TestCase("100.64.0.1", false)]
    [TestCase("0.0.0.0", false)]
    [TestCase("224.0.0.1", false)]
    [TestCase("255.255.255.255", false)]
    [TestCase("::1", false)]
    [TestCase("::", false)]
    [TestCase("fe80::1", false)]
    [TestCase("fd00::1", false)]
    [TestCase("ff02::1", false)]
    [TestCase("::ffff:127.0.0.1", false)]
    [TestCase("::ffff:169.254.169.254", false)]
    [TestCase("64:ff9b::a00:1", false)]
    [TestCase("2002:7f00:1::", false)]
    public void Only_public_addresses_may_be_reached_and_only_under_encryption(string address, bool allowed)
    {
        using var http = Outbound(null);

        http.MayReach(IPAddress.Parse(address), isPlain: false).Should().Be(allowed);
        http.MayReach(IPAddress.Parse(address), isPlain: true).Should().BeFalse();
    }

    [Test]
    public void What_the_configuration_names_may_be_reached_and_no_more()
    {
        using var http = Outbound("10.1.0.0/16, ::1/128");

        http.MayReach(IPAddress.Parse("10.1.9.9"), isPlain: true).Should().BeTrue();
        http.MayReach(IPAddress.Parse("::ffff:10.1.9.9"), isPlain: true).Should().BeTrue();
        http.MayReach(IPAddress.IPv6Loopback, isPlain: true).Should().BeTrue();
        http.MayReach(IPAddress.Parse("10.2.0.1"), isPlain: false).Should().BeFalse();
        http.MayReach(IPAddress.Loopback, isPlain: false).Should().BeFalse();
    }

    [TestCase("http://127.0.0.1:1/")]
    [TestCase("https://127.0.0.1:1/")]
    [TestCase("https://localhost:1/")]
    [TestCase("https://2130706433:1/")]
    [TestCase("https://[::ffff:127.0.0.1]:1/")]
    public async Task A_name_is_judged_by_what_it_resolves_to(string url)
    {
        using var http = Outbound(null);
        using var request = new HttpRequestMessage(HttpMethod.Post, url);

        (await http.SendAsync(request, default)).Should().Be("The address is not one that may be reached.");
    }

    private static OutboundHttp Outbound(string? allowed) =>
        new(Options.Create(new OutboundOptions { AllowedNetworks = allowed }));
}
