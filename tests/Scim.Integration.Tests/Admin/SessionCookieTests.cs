using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Operators;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A browser holds its session in a cookie, and only pages of the service write by it")]
public sealed class SessionCookieTests(DatabaseKind kind)
{
    private const string Name = "__Host-session";

    private AdminHost _host = null!;
    private AdminClient _http = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(
            kind,
            new Dictionary<string, string> { ["Scim:PublicBaseUrl"] = "https://scim.example/base" }
        );
        _http = _host.Client();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _http?.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task Signing_in_sets_a_cookie_only_when_it_is_asked_for()
    {
        var account = await _host.OperatorAsync("support");
        var login = AdminHost.Login(account.UserName, account.Password, _host.NextCode(account));
        var plain = await _http.PostAsync("/login", login).Expecting(200);
        plain.Header("Set-Cookie").Should().BeNull();
        plain.Json.TryGetProperty("csrfToken", out _).Should().BeFalse();

        var (cookie, answer) = await SignInAsync(account);

        answer
            .Header("Set-Cookie")!
            .ToLowerInvariant()
            .Split("; ")
            .Skip(1)
            .Should()
            .BeEquivalentTo("path=/", "secure", "httponly", "samesite=strict");
        var state = await _http.SendAsync("GET", "/session", null, ("Cookie", cookie)).Expecting(200);
        state.Json.GetProperty("csrfToken").GetString().Should().Be(CsrfOf(answer));
        state.Json.GetProperty("operator").GetProperty("id").GetGuid().Should().Be(account.Id);
    }

    [Test]
    public async Task Enrolling_an_authenticator_can_set_the_cookie_too()
    {
        using var admin = await _host.SignInAsync("platform-admin");
        var body = AdminHost.Operator();
        await admin.PostAsync("/operators", body).Expecting(201);
        var login = AdminHost.Login((string)body["userName"]!, (string)body["password"]!);
        login["cookie"] = true;
        var offered = await _http.PostAsync("/login", login).Expecting(200);
        offered.Header("Set-Cookie").Should().BeNull();
        var enrollment = offered.Json.GetProperty("enrollment");
        var secret = Totp.Decode(enrollment.GetProperty("secret").GetString()!)!;
        var code = Totp.Compute(secret, Totp.StepAt(_host.Clock.GetUtcNow()));

        var session = await _http
            .PostAsync(
                "/login/enroll",
                new JsonObject
                {
                    ["token"] = enrollment.GetProperty("token").GetString(),
                    ["totp"] = code,
                    ["cookie"] = true,
                }
            )
            .Expecting(200);

        await _http
            .SendAsync("POST", "/session/heartbeat", null, ("Cookie", CookieOf(session)), Csrf(session))
            .Expecting(200);
    }

    [Test]
    public async Task A_read_needs_the_cookie_alone_and_a_write_the_token_beside_it()
    {
        var (cookie, answer) = await SignInAsync("platform-admin");
        var (_, other) = await SignInAsync("platform-admin");

        await _http.SendAsync("GET", "/tenants", null, ("Cookie", cookie)).Expecting(200);
        await _http.SendAsync("POST", "/session/heartbeat", null, ("Cookie", cookie), Csrf(answer)).Expecting(200);
        foreach (var wrong in (string?[])[null, "", "x", CsrfOf(other), CsrfOf(answer) + "x", TokenOf(answer)])
        {
            var refused = await _http.SendAsync(
                "POST",
                "/tenants",
                $$"""{"slug":"{{Some.Slug()}}"}""",
                ("Cookie", cookie),
                ("X-CSRF-Token", wrong)
            );

            refused.Status.Should().Be(403, wrong);
            refused.Problem().Should().Be("csrf-token-invalid");
            refused.Json.GetProperty("detail").GetString().Should().Contain("GET /admin/v1/session");
        }
    }

    [TestCase("DELETE", "/api_keys/0199c0de-0000-7000-8000-00000000dead")]
    [TestCase("PUT", "/config")]
    [TestCase("POST", "/logout")]
    [TestCase("PATCH", "/tenants")]
    public async Task Every_method_that_is_no_read_wants_the_token(string method, string path)
    {
        var (cookie, _) = await SignInAsync("support");

        var refused = await _http.SendAsync(method, path, null, ("Cookie", cookie));

        refused.Problem().Should().Be("csrf-token-invalid");
        await _http.SendAsync("GET", "/session", null, ("Cookie", cookie)).Expecting(200);
    }

    [Test]
    public async Task A_refused_write_does_not_extend_the_lease()
    {
        var (cookie, _) = await SignInAsync("support");
        var before = await LeaseAsync(cookie);
        _host.Clock.Advance(TimeSpan.FromMinutes(5));

        (await _http.SendAsync("POST", "/session/heartbeat", null, ("Cookie", cookie))).Status.Should().Be(403);

        (await LeaseAsync(cookie)).Should().Be(before);
    }

    [TestCase("Origin", "https://evil.example")]
    [TestCase("Origin", "null")]
    [TestCase("Origin", "https://scim.example.evil.example")]
    [TestCase("Origin", "http://scim.example")]
    [TestCase("Sec-Fetch-Site", "cross-site")]
    [TestCase("Sec-Fetch-Site", "same-site")]
    [TestCase("Sec-Fetch-Site", "none")]
    public async Task What_another_site_made_is_refused_with_the_right_token(string header, string value)
    {
        var (cookie, answer) = await SignInAsync("support");

        var refused = await _http.SendAsync(
            "POST",
            "/session/heartbeat",
            null,
            ("Cookie", cookie),
            Csrf(answer),
            (header, value)
        );

        refused.Status.Should().Be(403);
        refused.Problem().Should().Be("cross-site-request");
    }

    [Test]
    public async Task Another_site_cannot_sign_a_browser_in()
    {
        var account = await _host.OperatorAsync("support");
        var login = AdminHost.Login(account.UserName, account.Password, _host.NextCode(account));
        login["cookie"] = true;

        var refused = await _http.SendAsync("POST", "/login", login.ToJsonString(), ("Origin", "https://evil.example"));

        refused.Problem().Should().Be("cross-site-request");
        refused.Header("Set-Cookie").Should().BeNull();
        await _http.PostAsync("/login", login).Expecting(200);
    }

    [Test]
    public async Task Our_own_pages_write_under_the_address_they_were_fetched_from_or_the_public_one()
    {
        var (cookie, answer) = await SignInAsync("support");
        foreach (
            var origin in (string[])[_host.Server.BaseAddress.GetLeftPart(UriPartial.Authority), "https://scim.example"]
        )
        {
            await _http
                .SendAsync(
                    "POST",
                    "/session/heartbeat",
                    null,
                    ("Cookie", cookie),
                    Csrf(answer),
                    ("Origin", origin),
                    ("Sec-Fetch-Site", "same-origin")
                )
                .Expecting(200);
        }
    }

    [Test]
    public async Task The_Authorization_header_comes_before_the_cookie_and_needs_no_token()
    {
        var (cookie, _) = await SignInAsync("support");
        using var admin = await _host.SignInAsync("platform-admin");

        var state = await admin.SendAsync("GET", "/session", null, ("Cookie", cookie)).Expecting(200);
        state.Json.GetProperty("operator").GetProperty("roles")[0].GetString().Should().Be("platform-admin");
        state.Json.GetProperty("csrfToken").ValueKind.Should().Be(JsonValueKind.Null);
        await admin
            .SendAsync("POST", "/session/heartbeat", null, ("Cookie", cookie), ("Origin", "https://evil.example"))
            .Expecting(200);

        using var wrong = _host.Client("scps_wrong");
        (await wrong.SendAsync("GET", "/session", null, ("Cookie", cookie)))
            .Problem()
            .Should()
            .Be("credential-invalid");
        await admin.SendAsync("POST", "/logout", null, ("Cookie", cookie)).Expecting(204);
        await _http.SendAsync("GET", "/session", null, ("Cookie", cookie)).Expecting(200);
    }

    [Test]
    public async Task Logout_ends_the_session_and_clears_the_cookie()
    {
        var (cookie, answer) = await SignInAsync("support");

        var gone = await _http.SendAsync("POST", "/logout", null, ("Cookie", cookie), Csrf(answer)).Expecting(204);

        gone.Header("Set-Cookie").Should().StartWith($"{Name}=; expires=Thu, 01 Jan 1970");
        gone.Header("Set-Cookie").Should().Contain("secure").And.Contain("path=/");
        (await _http.SendAsync("GET", "/session", null, ("Cookie", cookie)))
            .Problem()
            .Should()
            .Be("credential-invalid");
        (await _http.SendAsync("POST", "/session/heartbeat", null, ("Cookie", cookie), Csrf(answer)))
            .Status.Should()
            .Be(401);
    }

    [Test]
    public async Task Only_a_session_goes_in_the_cookie()
    {
        using var admin = await _host.SignInAsync("platform-admin");
        var made = await admin
            .PostAsync(
                "/api_keys",
                new JsonObject { ["name"] = Some.Name(), ["scopes"] = new JsonArray("tenants:read") }
            )
            .Expecting(201);
        var key = made.Json.GetProperty("value").GetString();

        var answer = await _http.SendAsync("GET", "/tenants", null, ("Cookie", $"{Name}={key}"));

        answer.Status.Should().Be(401);
        answer.Problem().Should().Be("credential-missing");
        answer.Header("Vary").Should().Contain("Cookie");
    }

    private async Task<(string Cookie, ScimResponse Answer)> SignInAsync(string role) =>
        await SignInAsync(await _host.OperatorAsync(role));

    private async Task<(string Cookie, ScimResponse Answer)> SignInAsync(TestOperator account)
    {
        var login = AdminHost.Login(account.UserName, account.Password, _host.NextCode(account));
        login["cookie"] = true;
        var answer = await _http.PostAsync("/login", login).Expecting(200);
        return (CookieOf(answer), answer);
    }

    private async Task<string?> LeaseAsync(string cookie)
    {
        var state = await _http.SendAsync("GET", "/session", null, ("Cookie", cookie)).Expecting(200);
        return state.Json.GetProperty("leaseExpiresAt").GetString();
    }

    private static string CookieOf(ScimResponse answer)
    {
        var cookie = answer.Header("Set-Cookie")!.Split(';')[0];
        cookie.Should().Be($"{Name}={TokenOf(answer)}");
        return cookie;
    }

    private static string? TokenOf(ScimResponse answer) => answer.Json.GetProperty("sessionToken").GetString();

    private static string? CsrfOf(ScimResponse answer) => answer.Json.GetProperty("csrfToken").GetString();

    private static (string, string?) Csrf(ScimResponse answer) => ("X-CSRF-Token", CsrfOf(answer));
}
