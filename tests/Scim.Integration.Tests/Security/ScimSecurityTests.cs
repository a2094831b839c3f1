using System.Diagnostics;
using System.Net;
using System.Text.Json;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Tenants;
using Scim.Infrastructure.Security;

namespace Scim.Integration.Tests.Security;

[TestFixture("sqlite")]
[TestFixture("postgresql")]
[Property("Capability", "Tokens: expiry, scopes, rotation, revocation within a second")]
[Property("Rfc", "RFC 6750")]
public sealed class ScimSecurityTests(string kind)
{
    private SecurityHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() =>
        _host = await SecurityHost.StartAsync(
            kind,
            limits =>
            {
                limits.FailedAuthenticationsPerMinute = 0;
                limits.DiscoveryRequestsPerSecond = 0;
                limits.RequestsPerSecond = 10;
                limits.Burst = 100;
            }
        );

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task A_live_token_reaches_the_endpoint()
    {
        var issued = await _host.ClientAsync();

        (await _host.StatusAsync(issued.Token)).Should().Be(HttpStatusCode.OK);
        (await _host.StatusAsync(issued.Token, method: "DELETE")).Should().Be(HttpStatusCode.OK);
    }

    [Test]
    public async Task Without_a_token_the_answer_is_a_plain_challenge()
    {
        using var response = await _host.CallAsync(token: null);

        response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.ToString().Should().Be("Bearer realm=\"scim\"");
        response.Content.Headers.ContentType!.MediaType.Should().Be("application/scim+json");
        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        error.GetProperty("status").GetString().Should().Be("401");
        error.GetProperty("schemas")[0].GetString().Should().Be("urn:ietf:params:scim:api:messages:2.0:Error");
    }

    [Test]
    public async Task Unknown_wrong_revoked_and_expired_tokens_get_one_and_the_same_answer()
    {
        var revoked = await _host.ClientAsync();
        await _host.SendAsync(new RevokeToken(revoked.TokenId));
        var expired = await _host.ClientAsync(expiresIn: TimeSpan.FromMilliseconds(1));
        await Task.Delay(5);
        var wrong = WithSecretOf(await _host.ClientAsync(), ScimToken.Generate().Text);
        string[] tokens = [ScimToken.Generate().Text, wrong, revoked.Token, expired.Token, "garbage"];

        var answers = new HashSet<string>();
        foreach (var token in tokens)
        {
            using var response = await _host.CallAsync(token);
            var challenge = response.Headers.WwwAuthenticate.ToString();
            answers.Add($"{response.StatusCode} {challenge} {await response.Content.ReadAsStringAsync()}");
        }

        answers.Should().ContainSingle().Which.Should().Contain("invalid_token");
    }

    [Test]
    public async Task Reasons_go_to_the_journal_for_tokens_that_name_a_tenant()
    {
        var issued = await _host.ClientAsync();
        await _host.StatusAsync(WithSecretOf(issued, ScimToken.Generate().Text));
        await _host.SendAsync(new RevokeToken(issued.TokenId));
        await _host.StatusAsync(issued.Token);

        var mine = _host.Refusals.Where(refusal => refusal.Tenant == issued.TenantId).ToList();

        mine.Select(refusal => refusal.Reason).Should().Equal("wrong-secret", "revoked");
        mine.Should().OnlyContain(refusal => refusal.Status == 401);
    }

    [TestCase("scim:read", "GET", "/scim/v2/Users", true)]
    [TestCase("scim:read", "HEAD", "/scim/v2/Users/x", true)]
    [TestCase("scim:read", "POST", "/scim/v2/.search", true)]
    [TestCase("scim:read", "POST", "/scim/v2/Users/.search", true)]
    [TestCase("scim:read", "POST", "/scim/v2/Users", false)]
    [TestCase("scim:read", "PATCH", "/scim/v2/Users/.search", false)]
    [TestCase("scim:read", "POST", "/scim/v2/Bulk", false)]
    [TestCase("scim:read", "DELETE", "/scim/v2/Users/x", false)]
    [TestCase("scim:write", "GET", "/scim/v2/Users", false)]
    [TestCase("scim:write", "PUT", "/scim/v2/Users/x", true)]
    [TestCase("scim:write", "GET", "/scim/v2/Schemas", true)]
    public async Task Scopes_are_enforced(string scopes, string method, string path, bool allowed)
    {
        var issued = await _host.ClientAsync(scopes);

        using var response = await _host.CallAsync(issued.Token, path, method);

        response.StatusCode.Should().Be(allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
        if (!allowed)
        {
            response.Headers.WwwAuthenticate.ToString().Should().Contain("insufficient_scope");
        }
    }

    [TestCase("/scim/v2/ServiceProviderConfig")]
    [TestCase("/scim/v2/Schemas")]
    [TestCase("/scim/v2/ResourceTypes/User")]
    public async Task Discovery_needs_no_token_but_a_presented_one_must_be_good(string path)
    {
        var issued = await _host.ClientAsync();

        (await _host.StatusAsync(null, path)).Should().Be(HttpStatusCode.OK);
        (await _host.StatusAsync(issued.Token, path)).Should().Be(HttpStatusCode.OK);
        (await _host.StatusAsync("garbage", path)).Should().Be(HttpStatusCode.Unauthorized);
        (await _host.StatusAsync(ScimToken.Generate().Text, path)).Should().Be(HttpStatusCode.Unauthorized);
    }

    [Test]
    public async Task Another_scheme_is_no_token()
    {
        using var response = await _host.CallAsync("dXNlcjpwYXNz", scheme: "Basic");

        response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [TestCase("application/json", "application/json")]
    [TestCase("application/json, application/scim+json", "application/scim+json")]
    [TestCase("*/*", "application/scim+json")]
    public async Task Errors_come_in_the_type_that_the_client_accepts(string accept, string type)
    {
        using var response = await _host.CallAsync(token: null, accept: accept);

        response.Content.Headers.ContentType!.MediaType.Should().Be(type);
    }

    [Test]
    public async Task A_revoked_token_is_refused_within_a_second()
    {
        var issued = await _host.ClientAsync();
        (await _host.StatusAsync(issued.Token)).Should().Be(HttpStatusCode.OK);

        await _host.SendAsync(new RevokeToken(issued.TokenId));
        var since = Stopwatch.StartNew();
        while (await _host.StatusAsync(issued.Token) == HttpStatusCode.OK)
        {
            since.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(1));
            await Task.Delay(20);
        }
    }

    [Test]
    public async Task A_verified_token_is_not_looked_up_again_while_nothing_changed()
    {
        var issued = await _host.ClientAsync();
        await Task.Delay(ConfigurationEpoch.Interval * 2);
        await _host.StatusAsync(issued.Token);
        var before = _host.Database.Reads;

        var since = Stopwatch.StartNew();
        for (var i = 0; i < 50; i++)
        {
            await _host.StatusAsync(issued.Token);
        }

        var polls = (since.Elapsed / ConfigurationEpoch.Interval) + 2;
        (_host.Database.Reads - before).Should().BeLessThanOrEqualTo((int)polls);
    }

    [Test]
    public async Task Use_is_written_down_off_the_path()
    {
        var issued = await _host.ClientAsync();
        await _host.StatusAsync(issued.Token);

        await _host.Services.GetRequiredService<LastUsedRecorder>().FlushAsync(CancellationToken.None);

        var stored = await _host.Services.GetRequiredService<CredentialStore>().FindAsync(issued.TokenId, default);
        stored!.LastUsedAt.Should().BeCloseTo(TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(10));
        stored.Hash.Should().HaveCount(32);
        stored.HashParameters.Should().StartWith("1$pbkdf2-sha256$10000$");
    }

    [Test]
    public async Task A_client_that_asks_too_often_is_told_to_wait()
    {
        var issued = await _host.ClientAsync();
        HttpResponseMessage response;
        var count = 0;
        do
        {
            response = await _host.CallAsync(issued.Token);
        } while (response.StatusCode == HttpStatusCode.OK && ++count < 500);

        response.StatusCode.Should().Be(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta.Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
        count.Should().BeGreaterThanOrEqualTo(100);
        var other = await _host.ClientAsync();
        (await _host.StatusAsync(other.Token)).Should().Be(HttpStatusCode.OK);
    }

    [Test]
    public async Task A_third_live_token_is_refused_until_one_is_revoked()
    {
        var first = await _host.ClientAsync();
        var second = await _host.SendAsync(new IssueToken(first.ClientId, TimeSpan.FromDays(1)));

        var third = () => _host.SendAsync(new IssueToken(first.ClientId, null));

        (await third.Should().ThrowAsync<ScimException>()).Which.Message.Should().Contain($"Revoke {first.TokenId}");
        (await _host.StatusAsync(first.Token)).Should().Be(HttpStatusCode.OK);
        (await _host.StatusAsync(second.Token)).Should().Be(HttpStatusCode.OK);
        await _host.SendAsync(new RevokeToken(first.TokenId));
        await third.Should().NotThrowAsync();
    }

    [Test]
    public async Task Parallel_issues_never_leave_three_live_tokens()
    {
        var first = await _host.ClientAsync();

        var issues = Enumerable
            .Range(0, 8)
            .Select(_ => Attempt(() => _host.SendAsync(new IssueToken(first.ClientId, null))));

        (await Task.WhenAll(issues)).Count(done => done).Should().Be(1);
    }

    [Test]
    public async Task Every_act_is_journalled_in_order_without_secrets()
    {
        var issued = await _host.ClientAsync();
        await _host.SendAsync(new SetTenantSetting(issued.TenantSlug, "groups.uniqueDisplayName", "off"));
        await _host.SendAsync(new RevokeToken(issued.TokenId));

        var rows = await _host.SendAsync(new TailJournal(issued.TenantSlug));

        rows.Select(row => row.Operation)
            .Should()
            .Equal("tenant.create", "client.create", "token.issue", "config.update", "token.revoke");
        rows.Select(row => row.Sequence).Should().BeInAscendingOrder();
        rows.Should().OnlyContain(row => row.Outcome == "success" && row.Actor == "operator:test");
        rows[3]
            .Detail.Should()
            .Be(
                """{"version":2,"restoredFrom":null,"before":{"groups.uniqueDisplayName":null},"after":{"groups.uniqueDisplayName":false}}"""
            );
        JsonSerializer.Serialize(rows).Should().NotContain(issued.Token);
        var rest = await _host.SendAsync(new TailJournal(issued.TenantSlug, From: rows[3].Sequence));
        rest.Should().HaveCount(2);
    }

    [Test]
    public async Task A_refused_act_leaves_nothing_behind()
    {
        var issued = await _host.ClientAsync();
        var store = _host.Services.GetRequiredService<CredentialStore>();
        var before = await store.ReadEpochAsync(default);

        (await Attempt(() => _host.SendAsync(new CreateTenant(issued.TenantSlug, null)))).Should().BeFalse();
        (await Attempt(() => _host.SendAsync(new RevokeToken("nosuchtoken")))).Should().BeFalse();
        (await Attempt(() => _host.SendAsync(new CreateClient("no-such-tenant", null)))).Should().BeFalse();
        (await Attempt(() => _host.SendAsync(new CreateClient(issued.TenantSlug, null, "scim:admin"))))
            .Should()
            .BeFalse();

        (await store.ReadEpochAsync(default)).Should().Be(before);
        (await _host.SendAsync(new TailJournal(issued.TenantSlug))).Should().HaveCount(3);
        (await _host.SendAsync(new ListTenants())).Should().Contain(tenant => tenant.Slug == issued.TenantSlug);
    }

    // Right id, another secret, right checksum: what a guesser would send.
    internal static string WithSecretOf(IssuedToken issued, string other)
    {
        var head = $"scim_{issued.TokenId}_{other.AsSpan(22, 43)}";
        return head + Checksum(head);
    }

    private static string Checksum(string text)
    {
        const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        var crc = uint.MaxValue;
        foreach (var character in text)
        {
            crc ^= character;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
            }
        }

        crc = ~crc;
        var digits = new char[6];
        for (var i = 5; i >= 0; i--)
        {
            (digits[i], crc) = (Base62[(int)(crc % 62)], crc / 62);
        }

        return new string(digits);
    }

    private static async Task<bool> Attempt<T>(Func<Task<T>> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (ScimException)
        {
            return false;
        }
    }
}
