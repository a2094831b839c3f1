using System.Globalization;
using System.Text;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Operators;

namespace Scim.Domain.Tests.Operators;

[Property("Capability", "Operators sign in with password and a one-time code, enrolled at the first sign-in")]
[Property("Rfc", "RFC 6238")]
internal sealed class TotpTests
{
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");

    // RFC 6238, appendix B, of whose eight digits the last six are ours.
    [TestCase("1970-01-01T00:00:59Z", "287082")]
    [TestCase("2005-03-18T01:58:29Z", "081804")]
    [TestCase("2005-03-18T01:58:31Z", "050471")]
    [TestCase("2009-02-13T23:31:30Z", "005924")]
    [TestCase("2033-05-18T03:33:20Z", "279037")]
    [TestCase("2603-10-11T11:33:20Z", "353130")]
    public void A_code_is_that_of_the_RFC(string time, string code)
    {
        var at = DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);

        Totp.Compute(Secret, Totp.StepAt(at)).Should().Be(code);
        Totp.FindStep(Secret, code, at).Should().Be(Totp.StepAt(at));
        Totp.FindStep(Secret, code, at.AddSeconds(30)).Should().Be(Totp.StepAt(at));
        Totp.FindStep(Secret, code, at.AddSeconds(-30)).Should().Be(Totp.StepAt(at));
        Totp.FindStep(Secret, code, at.AddSeconds(60)).Should().BeNull();
    }

    // RFC 4648 §10, made long enough.
    [TestCase("foobarfoobar", "MZXW6YTBOJTG633CMFZA")]
    [TestCase("foobarfoob", "MZXW6YTBOJTG633C")]
    [TestCase("foobarfoobarfoo", "MZXW6YTBOJTG633CMFZGM33P")]
    public void A_secret_is_written_in_base32(string secret, string text)
    {
        Totp.Encode(Encoding.ASCII.GetBytes(secret)).Should().Be(text);
        Totp.Decode(text).Should().Equal(Encoding.ASCII.GetBytes(secret));
        Totp.Decode(text.ToLowerInvariant() + "====").Should().Equal(Encoding.ASCII.GetBytes(secret));
    }

    [TestCase("")]
    [TestCase("MZXW6YTB")]
    [TestCase("MZXW6YTBOJTG633CMFZ1")]
    [TestCase("no base32 at all, this")]
    public void What_is_no_secret_is_none(string text) => Totp.Decode(text).Should().BeNull();

    [Test]
    public void The_address_for_apps_escapes_the_name() =>
        Totp.Uri("jane doe@example.com", Secret)
            .Should()
            .Be(
                "otpauth://totp/ScimPlatform:jane%20doe%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ScimPlatform&algorithm=SHA1&digits=6&period=30"
            );
}
