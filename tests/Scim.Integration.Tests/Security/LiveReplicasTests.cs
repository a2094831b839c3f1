using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Infrastructure.Security;
using Scim.TestKit;

namespace Scim.Integration.Tests.Security;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A client's rate limit is shared by all live replicas")]
internal sealed class LiveReplicasTests(DatabaseKind kind)
{
    [Test]
    public async Task Replicas_on_one_database_count_each_other_and_forget_one_that_stops()
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        await using var first = await ApiServer.StartAsync(database);
        var replicas = first.Services.GetRequiredService<LiveReplicas>();

        await using (var second = await ApiServer.StartAsync(database))
        {
            await UntilAsync(() => replicas.Count == 2);
        }

        await UntilAsync(() => replicas.Count == 1);
    }

    [Test]
    public void Each_of_two_replicas_grants_half_of_the_burst()
    {
        var buckets = new TokenBuckets<int>(1, 10, TimeProvider.System, sharers: () => 2);

        var granted = Enumerable.Range(0, 20).Count(_ => buckets.TryTake(1, out var _));

        granted.Should().Be(5);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 100 && !condition(); i++)
        {
            await Task.Delay(100);
        }

        condition().Should().BeTrue();
    }
}
