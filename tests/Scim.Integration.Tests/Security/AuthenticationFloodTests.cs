using System.Net;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Security;

namespace Scim.Integration.Tests.Security;

[TestFixture("sqlite")]
[TestFixture("postgresql")]
[Property("Capability", "A flood of bad tokens costs little and locks nobody out")]
public sealed class AuthenticationFloodTests(string kind)
{
    private SecurityHost _host = null!;

    [SetUp]
    public async Task Start() =>
        _host = await SecurityHost.StartAsync(
            kind,
            limits =>
            {
                limits.FailedAuthenticationsPerMinute = 5;
                limits.DiscoveryRequestsPerSecond = 2;
            }
        );

    [TearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task A_flood_of_wrong_tokens_is_not_looked_up_and_right_tokens_get_through_it()
    {
        var before = await _host.ClientAsync();
        for (var i = 0; i < 10; i++)
        {
            (await _host.StatusAsync(ScimToken.Generate().Text)).Should().Be(HttpStatusCode.Unauthorized);
        }

        var during = await _host.ClientAsync();
        var another = await _host.SendAsync(new IssueToken(during.ClientId, null));

        (await _host.StatusAsync(before.Token)).Should().Be(HttpStatusCode.OK);
        (await _host.StatusAsync(during.Token)).Should().Be(HttpStatusCode.OK);
        (await _host.StatusAsync(another.Token)).Should().Be(HttpStatusCode.OK);
        (await _host.StatusAsync(ScimSecurityTests.WithSecretOf(before, ScimToken.Generate().Text)))
            .Should()
            .Be(HttpStatusCode.Unauthorized);
    }

    [Test]
    public async Task A_throttled_flood_costs_the_database_a_few_small_questions_a_second()
    {
        for (var i = 0; i < 6; i++)
        {
            await _host.StatusAsync(ScimToken.Generate().Text);
        }

        var before = _host.Database.Reads;
        var statuses = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(_ => _host.StatusAsync(ScimToken.Generate().Text))
        );

        statuses.Should().OnlyContain(status => status == HttpStatusCode.Unauthorized);
        (_host.Database.Reads - before).Should().BeLessThan(50);
    }

    [Test]
    public async Task Discovery_without_a_token_has_a_rate_of_its_own()
    {
        var issued = await _host.ClientAsync();
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 15; i++)
        {
            statuses.Add(await _host.StatusAsync(null, "/scim/v2/Schemas"));
        }

        statuses.Should().Contain(HttpStatusCode.OK).And.Contain(HttpStatusCode.TooManyRequests);
        (await _host.StatusAsync(issued.Token, "/scim/v2/Schemas")).Should().Be(HttpStatusCode.OK);
    }

    [Test]
    public async Task With_the_database_away_the_answer_is_503_and_never_401()
    {
        var issued = await _host.ClientAsync();
        (await _host.StatusAsync(issued.Token)).Should().Be(HttpStatusCode.OK);

        _host.Database.Away = true;
        await Task.Delay(ConfigurationEpoch.Trust + ConfigurationEpoch.Interval);

        using var cached = await _host.CallAsync(issued.Token);
        cached.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        cached.Headers.RetryAfter.Should().NotBeNull();
        (await _host.StatusAsync(ScimToken.Generate().Text)).Should().Be(HttpStatusCode.ServiceUnavailable);

        _host.Database.Away = false;
        (await _host.StatusAsync(issued.Token)).Should().Be(HttpStatusCode.OK);
    }
}
