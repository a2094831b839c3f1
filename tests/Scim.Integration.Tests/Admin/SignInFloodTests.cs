using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Common;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A flood of sign-ins is bounded before it costs the processors that SCIM needs")]
public sealed class SignInFloodTests(DatabaseKind kind)
{
    private static readonly int AtOnce = Math.Max(1, Environment.ProcessorCount / 2);

    [Test]
    public async Task Few_passwords_are_hashed_at_a_time_few_wait_and_the_rest_is_told_to_come_again()
    {
        using var hasher = new HeldHasher();
        await using var server = await ApiServer.StartAsync(
            kind,
            new Dictionary<string, string> { ["Scim:TrustedProxies"] = "127.0.0.0/8" },
            builder => builder.Services.AddSingleton<IPasswordHasher>(hasher)
        );
        using var tenant = await TestTenant.CreateAsync(server);
        var turnedAway = 0;
        var flood = Enumerable
            .Range(0, (AtOnce * 17) + 10)
            .Select(async i =>
            {
                using var client = new AdminClient(server, null);
                var answer = await client.PostAsync("/login", AdminHost.Login($"nobody-{i}", "whatever it may be"));
                if (answer.Status == 503)
                {
                    answer.Problem().Should().Be("unavailable");
                    answer.Header("Retry-After").Should().NotBeNull();
                    Interlocked.Increment(ref turnedAway);
                }

                return answer.Status;
            })
            .ToList();

        await Eventually.IsTrueAsync(() => Task.FromResult(Volatile.Read(ref turnedAway) == 10));
        await Eventually.IsTrueAsync(() => Task.FromResult(hasher.Now == AtOnce));
        (await tenant.Client.PostAsync("/Users", Some.User())).Status.Should().Be(201);
        hasher.Release();
        var statuses = await Task.WhenAll(flood);

        statuses
            .Where(status => status != 503)
            .Should()
            .HaveCount(AtOnce * 17)
            .And.OnlyContain(status => status == 401);
        hasher.Most.Should().Be(AtOnce);
        using var later = new AdminClient(server, null);
        (await later.PostAsync("/login", AdminHost.Login("nobody", "whatever it may be"))).Status.Should().Be(401);
    }

    /// <summary>Takes as long as the test likes, and counts.</summary>
    private sealed class HeldHasher : IPasswordHasher, IDisposable
    {
        private readonly ManualResetEventSlim _isReleased = new();
        private readonly Lock _turn = new();

        public int Now { get; private set; }

        public int Most { get; private set; }

        public void Release() => _isReleased.Set();

        public void Dispose() => _isReleased.Dispose();

        public string? Hash(string? password) => password is null ? null : "hash";

        public bool Verify(string? hash, string password)
        {
            lock (_turn)
            {
                Most = Math.Max(Most, ++Now);
            }

            _isReleased.Wait();
            lock (_turn)
            {
                Now--;
            }

            return false;
        }
    }
}
