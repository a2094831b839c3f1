using System.Net;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Tenants;

public sealed class NetworkListTests
{
    [TestCase("10.0.0.0/8", "10.255.0.1", true)]
    [TestCase("10.0.0.0/8", "11.0.0.1", false)]
    [TestCase("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [TestCase("192.0.2.7", "192.0.2.7", true)]
    [TestCase("192.0.2.7", "192.0.2.8", false)]
    [TestCase("2001:db8::/32", "2001:db8:1::5", true)]
    [TestCase("2001:db8::/32", "2001:db9::5", false)]
    [TestCase("2001:db8::/32", "10.0.0.1", false)]
    [TestCase("0.0.0.0/0", "203.0.113.9", true)]
    [TestCase("0.0.0.0/0", "2001:db8::1", false)]
    public void An_address_is_inside_or_not(string network, string address, bool inside) =>
        NetworkList.Find([network])!.Allows(IPAddress.Parse(address)).Should().Be(inside);

    [TestCase("")]
    [TestCase(null)]
    [TestCase("10.0.0.0/33")]
    [TestCase("10.0.0.0/-1")]
    [TestCase("10.0.0.0/8/8")]
    [TestCase("10.1")]
    [TestCase("0x0a.0.0.1")]
    [TestCase("010.0.0.1")]
    [TestCase("example.org")]
    [TestCase("fe80::1%eth0")]
    [TestCase("::ffff:10.0.0.0/104")]
    [TestCase("10.0.0.0/8,11.0.0.0/8")]
    public void What_is_no_network_makes_no_list(string? text) =>
        NetworkList.Find(["10.0.0.0/8", text]).Should().BeNull();

    [Test]
    public void An_empty_list_allows_everybody_and_another_nobody_unknown()
    {
        NetworkList.Find([])!.Allows(null).Should().BeTrue();
        NetworkList.Find(["10.0.0.0/8"])!.Allows(null).Should().BeFalse();
    }

    [Test]
    public void What_is_said_twice_is_shown_once() =>
        NetworkList
            .Find(["192.0.2.7", "192.0.2.7/32", "2001:DB8::/32"])!
            .Texts.Should()
            .Equal("192.0.2.7/32", "2001:db8::/32");
}
