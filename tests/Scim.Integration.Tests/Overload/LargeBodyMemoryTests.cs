using FluentAssertions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using Scim.Api.Scim;
using Scim.Application.Common;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Integration.Tests.Overload;

[Property("Capability", "Large bodies are bounded together, and no tenant takes all their places")]
internal sealed class LargeBodyMemoryTests
{
    [Test]
    public async Task Memory_is_given_back_once_none_was_held_for_a_second()
    {
        using var clock = new OneTimer();
        using var bodies = new LargeBodies(Options.Create(new LimitsOptions()), clock);
        var first = await HoldAsync(bodies);
        var second = await HoldAsync(bodies);

        await first.EndAsync();
        clock.Due.Should().Be(Timeout.InfiniteTimeSpan, "one is still held");
        await second.EndAsync();
        clock.Due.Should().Be(TimeSpan.FromSeconds(1));

        var third = await HoldAsync(bodies);
        CollectionsWhen(clock.Fire).Should().Be(0, "another came in the meantime");
        await third.EndAsync();
        CollectionsWhen(clock.Fire).Should().BePositive();

        clock.Now = TimeSpan.FromSeconds(10);
        await (await HoldAsync(bodies)).EndAsync();
        clock.Due.Should().Be(TimeSpan.FromSeconds(20), "it is made every 30 seconds at most");
    }

    private static long CollectionsWhen(Action action)
    {
        var before = GC.GetGCMemoryInfo(GCKind.FullBlocking).Index;
        action();
        return GC.GetGCMemoryInfo(GCKind.FullBlocking).Index - before;
    }

    private static async Task<Answer> HoldAsync(LargeBodies bodies)
    {
        var answer = new Answer();
        var context = new DefaultHttpContext
        {
            RequestServices = new ServiceCollection().AddSingleton(new RequestContext()).BuildServiceProvider(),
        };
        context.Features.Set<IHttpResponseFeature>(answer);
        await bodies.HoldAsync(context);
        return answer;
    }

    private sealed class Answer : HttpResponseFeature
    {
        private readonly List<(Func<object, Task> Callback, object State)> _completed = [];

        public override void OnCompleted(Func<object, Task> callback, object state) =>
            _completed.Add((callback, state));

        public async Task EndAsync()
        {
            foreach (var (callback, state) in _completed)
            {
                await callback(state);
            }
        }
    }

    private sealed class OneTimer : TimeProvider, ITimer
    {
        private Action? _callback;

        public TimeSpan Due { get; private set; }

        public TimeSpan Now { get; set; }

        public override long GetTimestamp() => Now.Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _callback = () => callback(state);
            Due = dueTime;
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime;
            return true;
        }

        public void Fire() => _callback!();

        public void Dispose() { }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
