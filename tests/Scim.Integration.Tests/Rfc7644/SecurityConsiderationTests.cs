using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Tenants;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7644;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §7.4, §7.5.2")]
[Property(
    "Capability",
    "Tokens are taken from the Authorization header alone, and people can be searched for outside of URLs"
)]
internal sealed class SecurityConsiderationTests(DatabaseKind database) : ProtocolFixture(database)
{
    [TestCase("/Users?access_token={token}", null)]
    [TestCase("/Users?token={token}&bearer_token={token}", null)]
    [TestCase("/Users?Authorization=Bearer%20{token}", null)]
    [TestCase("/Users", "Cookie: access_token={token}")]
    [TestCase("/Users", "Cookie: {token}")]
    [TestCase("/Users", "X-Api-Key: {token}")]
    [TestCase("/Users", "Proxy-Authorization: Bearer {token}")]
    public async Task A_token_anywhere_else_is_no_token(string path, string? header)
    {
        var parts = Fill(header ?? "Accept: application/scim+json").Split(": ");

        var answer = await Client.GetAsync(Fill(path), ("Authorization", null), (parts[0], parts[1]));

        answer.ShouldBeError(401);
        answer.Text.Should().NotContain(Tenant.Token);
    }

    [Test]
    public async Task A_token_in_a_form_is_no_token()
    {
        var answer = await Client.PostAsync(
            "/Users/.search",
            $"access_token={Tenant.Token}",
            ("Authorization", null),
            ("Content-Type", "application/x-www-form-urlencoded")
        );

        answer.ShouldBeError(401);
    }

    [Test]
    public async Task No_cookie_is_set()
    {
        (await Client.GetAsync("/Users")).Header("Set-Cookie").Should().BeNull();
        (await Client.GetAsync("/Users", ("Authorization", null))).Header("Set-Cookie").Should().BeNull();
    }

    [Test]
    public void Tokens_are_random_throughout()
    {
        var tokens = Enumerable.Range(0, 200).Select(_ => ScimToken.Generate().Text).ToArray();

        tokens.Should().OnlyHaveUniqueItems();
        // Of 256 bits no two tokens share more than a few characters at their beginnings.
        tokens.Select(token => token.Split('_')[2][..8]).Should().OnlyHaveUniqueItems();
    }

    [Test]
    public async Task What_a_filter_finds_in_a_URL_a_message_finds_without_one()
    {
        var user = await CreateUserAsync("\"name\":{\"familyName\":\"Jensen\"}");
        var filter = $"name.familyName eq \"jensen\" and id eq \"{user.Id}\"";

        var byUrl = await Client.GetAsync($"/Users?filter={Escape(filter)}");
        var byMessage = await Client.PostAsync("/Users/.search", Messages.Search(filter));

        byMessage.ShouldBe(200).Text.Should().Be(byUrl.ShouldBe(200).Text);
    }

    private string Fill(string text) => text.Replace("{token}", Tenant.Token, StringComparison.Ordinal);
}
