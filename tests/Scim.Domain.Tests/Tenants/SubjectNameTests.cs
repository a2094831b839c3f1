using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Tenants;

[Property("Rfc", "RFC 8705 §2.1, RFC 4514, RFC 5280 §7.1")]
internal sealed class SubjectNameTests
{
    private const string Name = "CN=Scim Client,O=Acme Inc.,C=DE";

    // openssl req -new -x509 -utf8 -multivalue-rdn -subj '/C=DE/O=#1, "A" \+ <B>; C:\\D/CN=Jörg+UID=42'
    private const string Certificate = """
        -----BEGIN CERTIFICATE-----
        MIIB7zCCAZWgAwIBAgIUIgNCwahPoCehAzYkPJOCv/ZxHYEwCgYIKoZIzj0EAwIw
        TTELMAkGA1UEBhMCREUxHDAaBgNVBAoMEyMxLCAiQSIgKyA8Qj47IEM6XEQxIDAM
        BgNVBAMMBUrDtnJnMBAGCgmSJomT8ixkAQEMAjQyMB4XDTI2MTEyMjE5MDk1NFoX
        DTI2MTEyMzE5MDk1NFowTTELMAkGA1UEBhMCREUxHDAaBgNVBAoMEyMxLCAiQSIg
        KyA8Qj47IEM6XEQxIDAMBgNVBAMMBUrDtnJnMBAGCgmSJomT8ixkAQEMAjQyMFkw
        EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENqL5dbt+icgpOwtUsoWIpRVr9PuL99xg
        e55NAK5lF6HRgU25AWeGBSuthezxT9rUp2KiyXuCZA6gueqh+Gq9B6NTMFEwHQYD
        VR0OBBYEFFd93oqYk67/L2ZhieiyiX5OeW7BMB8GA1UdIwQYMBaAFFd93oqYk67/
        L2ZhieiyiX5OeW7BMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIg
        QPANxeeL4ucowm2Wcd6/1ltLgUzCe4MKkNQeX/M/0cICIQDfCoW6JWn6uP49SA1M
        ZqoDZT49grFjkZMunB9e1TmyGg==
        -----END CERTIFICATE-----
        """;

    [TestCase("cn=SCIM client, o=acme inc., c=de")]
    [TestCase("2.5.4.3=Scim Client,2.5.4.10=Acme Inc.,2.5.4.6=DE")]
    [TestCase("CN=\"Scim  Client\", O=Acme Inc., C=DE")]
    public void One_name_has_one_digest_however_it_is_written(string text) =>
        SubjectName.Find(text)!.Digest.Should().Be(SubjectName.Find(Name)!.Digest);

    [TestCase("CN=a+UID=b,O=c", "UID=b+CN=a,O=c")]
    [TestCase("CN=a+UID=b,O=c", "uid = B + cn = A , o = C")]
    [TestCase("CN=a\\+UID\\=b", "CN=\"a+UID=b\"")]
    [TestCase("CN=a\\2BUID\\3db", "CN=a\\+UID=b")]
    [TestCase("CN=J\\C3\\B6rg", "CN=Jörg")]
    [TestCase("CN=#0C054AC3B67267", "CN=Jörg")]
    [TestCase("CN=\\#a\\,\\;\\<\\>\\\\\\\"", "CN=\"#a,;<>\\\\\\\"\"")]
    [TestCase("CN=\\ a\\ ", "CN=a")]
    public void Signs_and_the_order_within_a_part_are_read_as_meant(string one, string other) =>
        SubjectName.Find(one)!.Digest.Should().Be(SubjectName.Find(other)!.Digest);

    [TestCase("CN=a+UID=b", "CN=a,UID=b")]
    [TestCase("CN=a+UID=b", "CN=a\\+UID=b")]
    [TestCase("CN=a+UID=b", "CN=b+UID=a")]
    [TestCase("CN=a+UID=b", "CN=a+UID=b+OU=c")]
    [TestCase("CN=a+UID=b,O=c", "CN=a,UID=b+O=c")]
    [TestCase("CN=a\\,O=b", "CN=a,O=b")]
    [TestCase("CN=a+CN=a", "CN=a")]
    public void Signs_and_parts_are_not_taken_for_each_other(string one, string other) =>
        SubjectName.Find(one)!.Digest.Should().NotBe(SubjectName.Find(other)!.Digest);

    // As `openssl x509 -nameopt RFC2253` writes it, and otherwise.
    [TestCase(@"UID=42+CN=J\C3\B6rg,O=\#1\, \""A\"" \+ \<B\>\; C:\\D,C=DE", true)]
    [TestCase(@"CN=jörg+UID=42, O=""#1, \""A\"" + <B>; C:\\D"", C=DE", true)]
    [TestCase(@"UID=42,CN=Jörg,O=\#1\, \""A\"" \+ \<B\>\; C:\\D,C=DE", false)]
    [TestCase(@"CN=Jörg,O=\#1\, \""A\"" \+ \<B\>\; C:\\D,C=DE", false)]
    [TestCase(@"CN=Jörg\+UID=42,O=\#1\, \""A\"" \+ \<B\>\; C:\\D,C=DE", false)]
    public void A_certificate_of_another_program_has_the_name_that_it_shows(string text, bool isOf)
    {
        using var certificate = X509Certificate2.CreateFromPem(Certificate);

        SubjectName.Find(text)!.IsOf(certificate).Should().Be(isOf);
    }

    [Test]
    public void A_certificate_without_a_readable_name_is_nobodys()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // The value is a string of bits.
        var name = new X500DistinguishedName(Convert.FromHexString("300D310B300906035504030302002A"));
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var certificate = new CertificateRequest(name, key, HashAlgorithmName.SHA256).CreateSelfSigned(
            now,
            now.AddDays(1)
        );

        SubjectName.Find("CN=*")!.IsOf(certificate).Should().BeFalse();
    }

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
    [TestCase("CN=")]
    [TestCase("CN=a,")]
    [TestCase("CN=a+")]
    [TestCase("CN=a+b")]
    [TestCase("CN=a,,O=b")]
    [TestCase("CN=a;O=b")]
    [TestCase("CN=a\\")]
    [TestCase("CN=a\\x")]
    [TestCase("CN=\\C3\\28")]
    [TestCase("CN=\"a")]
    [TestCase("CN=\"a\"b")]
    [TestCase("CN=#")]
    [TestCase("CN=#0C05")]
    [TestCase("CN=#02012A")]
    [TestCase("CN=a+UID=")]
    [TestCase("CN+UID=a")]
    public void What_is_no_such_name_is_none(string text) => SubjectName.Find(text).Should().BeNull();

    [Test]
    public void A_name_of_endless_length_is_none() => SubjectName.Find("CN=" + new string('x', 1100)).Should().BeNull();
}
