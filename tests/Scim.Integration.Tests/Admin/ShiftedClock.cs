namespace Scim.Integration.Tests.Admin;

/// <summary>The real time, moved on when a test says so: leases and codes pass without waiting for them.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private long _shift;
    private DateTimeOffset? _stopped;

    public void Advance(TimeSpan time) => Interlocked.Add(ref _shift, time.Ticks);

    /// <summary>Until disposed, time passes only by <see cref="Advance"/>: for what must not depend on how fast the machine is.</summary>
    public IDisposable Stop()
    {
        _stopped = System.GetUtcNow();
        return new Running(this);
    }

    public override DateTimeOffset GetUtcNow() =>
        (_stopped ?? System.GetUtcNow()).AddTicks(Interlocked.Read(ref _shift));

    private sealed class Running(ShiftedClock clock) : IDisposable
    {
        public void Dispose()
        {
            var passed = System.GetUtcNow() - clock._stopped!.Value;
            clock._stopped = null;
            // Real time that passed meanwhile did not pass here.
            clock.Advance(-passed);
        }
    }
}
