using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Tenants;

[Property("Rfc", "RFC 8705 §2.1, RFC 4514, RFC 5280 §7.1")]
internal sealed class SubjectNameTests
{
    private const string Name = "CN=Scim Client,O=Acme Inc.,C=DE";

    [TestCase("cn=SCIM client, o=acme inc., c=de")]
    [TestCase("2.5.4.3=Scim Client,2.5.4.10=Acme Inc.,2.5.4.6=DE")]
    [TestCase("CN=\"Scim  Client\", O=Acme Inc., C=DE")]
    public void One_name_has_one_digest_however_it_is_written(string text) =>
        SubjectName.Find(text)!.Digest.Should().Be(SubjectName.Find(Name)!.Digest);

    [TestCase("C=DE,O=Acme Inc.,CN=Scim Client")]
    [TestCase("CN=Scim Client,O=Acme Inc.")]
    [TestCase("CN=ScimClient,O=Acme Inc.,C=DE")]
    [TestCase("OU=Scim Client,O=Acme Inc.,C=DE")]
    [TestCase("CN=\"Scim Client,O=Acme Inc.\",C=DE")]
    [TestCase("CN=Scim Client,CN=Scim Client,O=Acme Inc.,C=DE")]
    public void Another_name_has_another_digest(string text) =>
        SubjectName.Find(text)!.Digest.Should().NotBe(SubjectName.Find(Name)!.Digest);

    [TestCase("")]
    [TestCase("scim client")]
    [TestCase("NOSUCHATTRIBUTE=x")]
    public void What_is_no_such_name_is_none(string text) => SubjectName.Find(text).Should().BeNull();

    [Test]
    public void A_name_of_endless_length_is_none() => SubjectName.Find("CN=" + new string('x', 1100)).Should().BeNull();
}
