using System.Text.RegularExpressions;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;
using ScimClient = Scim.TestKit.ScimClient;

namespace Scim.Integration.Tests.OpenApi;

[Property(
    "Capability",
    "The reference page of the control plane needs nothing from outside, and its policy lets nothing in"
)]
public sealed partial class ReferencePageTests
{
    private const string Page = "/admin/reference";

    private ScimClient _http = null!;

    [OneTimeSetUp]
    public async Task Start() =>
        _http = new ScimClient(
            (await ApiServer.SharedAsync(DatabaseKind.Sqlite)).BaseAddress,
            token: null,
            basePath: ""
        );

    [OneTimeTearDown]
    public void Stop() => _http?.Dispose();

    [Test]
    public async Task Every_script_and_style_has_the_nonce_of_the_answer_and_no_other_counts()
    {
        var page = await _http.GetAsync(Page);
        var again = await _http.GetAsync(Page);

        page.Status.Should().Be(200);
        page.Header("Content-Type").Should().Be("text/html; charset=utf-8");
        var policy = Policy(page);
        policy["default-src"].Should().Be("'none'");
        policy["frame-ancestors"].Should().Be("'none'");
        policy["base-uri"].Should().Be("'none'");
        policy["script-src"].Should().MatchRegex("^'nonce-[A-Za-z0-9+/]{22}=='$");
        policy["style-src"].Should().Be(policy["script-src"]);
        policy["script-src"].Should().NotBe(Policy(again)["script-src"], "a nonce is used once");
        var nonce = policy["script-src"]["'nonce-".Length..].Split('\'')[0];
        Scripts()
            .Matches(page.Text)
            .Should()
            .HaveCount(2)
            .And.OnlyContain(tag => tag.Value.Contains($"nonce=\"{nonce}\"", StringComparison.Ordinal));
        page.Text.Should().NotMatchRegex("(?i)\\son[a-z]+=").And.NotContain("javascript:");
    }

    [Test]
    public async Task It_may_not_be_kept_framed_or_sniffed()
    {
        var page = await _http.GetAsync(Page);

        page.Header("Cache-Control").Should().Be("no-store");
        page.Header("X-Content-Type-Options").Should().Be("nosniff");
        page.Header("X-Frame-Options").Should().Be("DENY");
        page.Header("Referrer-Policy").Should().Be("no-referrer");
    }

    [Test]
    public async Task All_that_it_names_is_served_by_this_host()
    {
        var page = await _http.GetAsync(Page);
        page.Text.Should().NotMatchRegex("(?i)https?://").And.NotContain("\"//");
        var assets = Assets()
            .Matches(page.Text)
            .Select(match => match.Groups[1].Value)
            .Where(url => !url.StartsWith("data:", StringComparison.Ordinal));
        var types = new Dictionary<string, string?>();
        foreach (var asset in assets)
        {
            var answer = await _http.GetAsync(asset);
            answer.Status.Should().Be(200, asset);
            answer.Text.Should().NotBeEmpty(asset);
            answer.Header("X-Content-Type-Options").Should().Be("nosniff", asset);
            answer.Text.Should().NotMatchRegex("(?i)(@import|url\\()\\s*[\"']?(https?:)?//", asset);
            types[asset] = answer.Header("Content-Type")?.Split(';')[0];
        }

        types
            .Should()
            .BeEquivalentTo(
                new Dictionary<string, string>
                {
                    [$"{Page}/swagger-ui.css"] = "text/css",
                    [$"{Page}/swagger-ui-bundle.js"] = "text/javascript",
                    ["/openapi/admin.json"] = "application/json",
                }
            );
    }

    [TestCase("/index.html")]
    [TestCase("/index.js")]
    [TestCase("/../v1/session")]
    [TestCase("/swagger-ui.css.map")]
    public async Task Nothing_else_lies_beside_it(string path) =>
        (await _http.GetAsync(Page + path)).Status.Should().BeOneOf(401, 404);

    private static Dictionary<string, string> Policy(ScimResponse page) =>
        page.Header("Content-Security-Policy")!
            .Split("; ")
            .Select(directive => directive.Split(' ', 2))
            .ToDictionary(directive => directive[0], directive => directive[1]);

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Scripts();

    [GeneratedRegex("(?:src=|href=|url: )\"([^\"]+)\"")]
    private static partial Regex Assets();
}
