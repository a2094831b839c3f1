namespace Scim.Integration.Tests.Admin;

/// <summary>The real time, moved on when a test says so: leases and codes pass without waiting for them.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private long _shift;

    public void Advance(TimeSpan time) => Interlocked.Add(ref _shift, time.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref _shift));
}
