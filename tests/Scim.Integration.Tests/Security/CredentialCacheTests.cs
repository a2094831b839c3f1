using FluentAssertions;
using NUnit.Framework;
using Scim.Application.Common;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Security;

namespace Scim.Integration.Tests.Security;

[Property("Capability", "Tokens: expiry, scopes, rotation, revocation within a second")]
[Property("Rfc", "RFC 6750")]
public sealed class CredentialCacheTests
{
    [Test]
    public void A_token_is_found_by_the_digest_of_what_was_presented()
    {
        var cache = new CredentialCache();
        var token = ScimToken.Generate().Text;
        var entry = Entry();

        cache.Add(cache.Digest(token), entry);

        cache.Find(cache.Digest(token)).Should().BeSameAs(entry);
        cache.Find(cache.Digest(ScimToken.Generate().Text)).Should().BeNull();
        cache.Digest(token).Should().NotBe(new CredentialCache().Digest(token), "each process has its own key");
    }

    [Test]
    public void The_cache_stays_within_its_capacity_and_keeps_what_is_in_use()
    {
        var cache = new CredentialCache(capacity: 100);
        var busy = cache.Digest(ScimToken.Generate().Text);
        cache.Add(busy, Entry());

        for (var i = 0; i < 1000; i++)
        {
            cache.Add(cache.Digest(ScimToken.Generate().Text), Entry());
            cache.Find(busy).Should().NotBeNull();
            cache.Count.Should().BeLessThanOrEqualTo(100);
        }
    }

    [Test]
    public void A_removed_token_is_gone_from_both_generations()
    {
        var cache = new CredentialCache(capacity: 4);
        var token = cache.Digest(ScimToken.Generate().Text);
        cache.Add(token, Entry());
        cache.Add(cache.Digest(ScimToken.Generate().Text), Entry());
        cache.Find(token);

        cache.Remove(token);

        cache.Find(token).Should().BeNull();
    }

    [Test]
    public void One_use_a_minute_is_noted()
    {
        var entry = Entry();
        var start = TimeSpan.TicksPerDay;

        entry.NoteUse(start, TimeSpan.TicksPerMinute).Should().BeTrue();
        entry.NoteUse(start + TimeSpan.TicksPerSecond, TimeSpan.TicksPerMinute).Should().BeFalse();
        entry.NoteUse(start + TimeSpan.TicksPerMinute, TimeSpan.TicksPerMinute).Should().BeTrue();
    }

    private static VerifiedToken Entry() =>
        new(
            new Caller(new TenantId(Guid.NewGuid()), "acme", Guid.NewGuid(), "id", Scopes.Read, ClientProfile.Auto),
            [1],
            expiresAt: null,
            lastUsedAt: null,
            epoch: 1
        );
}
