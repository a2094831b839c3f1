using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7643;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7643 §2.3.7, §4.1.1, §4.1.2")]
[Property("Capability", "Formats that no schema states are kept as sent: languages, time zones, countries, references")]
internal sealed class FormatTests(DatabaseKind database) : ProtocolFixture(database)
{
    private const string All = """
        "locale":"LOCALE","preferredLanguage":"LANGUAGE","timezone":"ZONE","addresses":[{"country":"COUNTRY"}],"profileUrl":"URL"
        """;

    // The last ones are not what the RFC asks for, but what directories hold.
    [TestCase("en-US", "da, en-gb;q=0.8, en;q=0.7", "America/Los_Angeles", "US", "https://Example.com/Ann?x=Y#Z")]
    [TestCase("x-pig-latin", "fr", "Europe/Berlin", "de", "Users/2819c223-7f76-453a-919d-413861904646")]
    [TestCase("man-Nkoo-GN", "*", "Etc/GMT+5", "GB", "urn:example:ann")]
    [TestCase("en_US", "English", "Pacific Standard Time", "United States", "not a url, but a note")]
    public async Task They_come_back_as_they_were_sent(
        string locale,
        string language,
        string zone,
        string country,
        string url
    )
    {
        var user = await CreateUserAsync(
            All.Replace("LOCALE", locale, StringComparison.Ordinal)
                .Replace("LANGUAGE", language, StringComparison.Ordinal)
                .Replace("ZONE", zone, StringComparison.Ordinal)
                .Replace("COUNTRY", country, StringComparison.Ordinal)
                .Replace("URL", url, StringComparison.Ordinal)
        );

        var read = await ReadAsync(user);
        read.At("locale").Should().Be(locale);
        read.At("preferredLanguage").Should().Be(language);
        read.At("timezone").Should().Be(zone);
        read.At("addresses/0/country").Should().Be(country);
        read.At("profileUrl").Should().Be(url);
    }

    [TestCase("\"locale\":5")]
    [TestCase("\"timezone\":true")]
    [TestCase("\"preferredLanguage\":[\"en\",\"de\"]")]
    [TestCase("\"addresses\":[{\"country\":{}}]")]
    [TestCase("\"profileUrl\":{}")]
    [TestCase("\"photos\":[{\"value\":1}]")]
    public async Task What_is_no_text_is_refused(string member) =>
        (await Client.PostAsync("/Users", UserBody(member))).ShouldBeError(400, "invalidValue");

    [Test]
    public async Task References_are_exact_and_the_others_ignore_case()
    {
        var user = await CreateUserAsync("\"locale\":\"en-US\",\"profileUrl\":\"https://example.com/Ann\"");

        (await MatchesAsync("profileUrl eq \"https://example.com/Ann\"")).Should().BeTrue();
        (await MatchesAsync("profileUrl eq \"https://example.com/ann\"")).Should().BeFalse();
        (await MatchesAsync("locale eq \"EN-us\"")).Should().BeTrue();

        async Task<bool> MatchesAsync(string filter) =>
            (await Client.GetAsync($"/Users?filter={Escape($"id eq \"{user.Id}\" and {filter}")}")).At("totalResults")
            == "1";
    }
}
