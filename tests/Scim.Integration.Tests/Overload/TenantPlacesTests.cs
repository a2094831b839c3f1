using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Security;

namespace Scim.Integration.Tests.Overload;

[TestFixture]
[Property("Capability", "Overload: what one tenant cannot get, the others can; the rest is 503 at once")]
public sealed class TenantPlacesTests
{
    private static readonly TenantId A = new(Guid.NewGuid());
    private static readonly TenantId B = new(Guid.NewGuid());
    private static readonly TenantId C = new(Guid.NewGuid());

    [TestCase(1, 1)]
    [TestCase(2, 1)]
    [TestCase(4, 3)]
    [TestCase(16, 12)]
    [TestCase(512, 384)]
    public void A_tenant_alone_gets_three_quarters_of_the_places(int places, int expected)
    {
        var shared = new TenantPlaces(places);

        TakeAll(shared, A).Should().Be(expected);
    }

    [Test]
    public void The_more_tenants_are_busy_the_less_each_gets_and_the_last_place_is_for_one_that_has_none()
    {
        var shared = new TenantPlaces(16);

        TakeAll(shared, A).Should().Be(12);
        TakeAll(shared, B).Should().Be(3);
        TakeAll(shared, C).Should().Be(1);
        shared.TryEnter(new TenantId(Guid.NewGuid())).Should().BeFalse();
        shared.Leave(A);
        TakeAll(shared, A).Should().Be(0);
        TakeAll(shared, new TenantId(Guid.NewGuid())).Should().Be(1);
    }

    [Test]
    public async Task Those_who_wait_are_let_in_tenant_by_tenant()
    {
        var shared = new TenantPlaces(4);
        TakeAll(shared, A);
        TakeAll(shared, B);
        var first = shared.EnterAsync(A, default).AsTask();
        var second = shared.EnterAsync(A, default).AsTask();
        var other = shared.EnterAsync(B, default).AsTask();
        var stranger = shared.EnterAsync(C, default).AsTask();

        shared.Leave(B);
        (await Task.WhenAny(first, second, other, stranger)).Should().BeSameAs(other);

        shared.Leave(A);
        (await Task.WhenAny(first, second, stranger)).Should().BeSameAs(stranger);

        shared.Leave(A);
        shared.Leave(B);
        (await Task.WhenAny(first, second)).Should().BeSameAs(first);
        second.IsCompleted.Should().BeFalse();
        shared.Leave(C);
        (await second).Should().BeTrue();
    }

    [Test]
    public async Task Who_no_longer_waits_takes_no_place()
    {
        var shared = new TenantPlaces(1);
        shared.TryEnter(A);
        using var gone = new CancellationTokenSource();
        var given = shared.EnterAsync(B, gone.Token).AsTask();
        var patient = shared.EnterAsync(C, default).AsTask();

        await gone.CancelAsync();
        await given.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
        shared.Leave(A);

        (await patient).Should().BeTrue();
        shared.Leave(C);
        shared.TryEnter(B).Should().BeTrue();
    }

    [Test]
    public async Task Under_any_load_no_more_are_inside_than_there_are_places_and_everybody_gets_in()
    {
        const int Places = 5;
        var shared = new TenantPlaces(Places);
        TenantId[] tenants = [A, B, C];
        var (inside, most, entered) = (0, 0, 0);
        var visitors = Enumerable
            .Range(0, 60)
            .Select(async i =>
            {
                var tenant = tenants[i % tenants.Length];
                for (var visit = 0; visit < 50; visit++)
                {
                    if (!await shared.EnterAsync(tenant, default))
                    {
                        continue;
                    }

                    Interlocked.Increment(ref entered);
                    var now = Interlocked.Increment(ref inside);
                    InterlockedMax(ref most, now);
                    await Task.Yield();
                    Interlocked.Decrement(ref inside);
                    shared.Leave(tenant);
                }
            })
            .ToList();

        await Task.WhenAll(visitors);

        most.Should().BeInRange(1, Places);
        entered.Should().Be(60 * 50);
        TakeAll(shared, A).Should().Be(4);
    }

    private static int TakeAll(TenantPlaces shared, TenantId tenant)
    {
        var taken = 0;
        while (shared.TryEnter(tenant))
        {
            taken++;
        }

        return taken;
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref most)) < value)
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
