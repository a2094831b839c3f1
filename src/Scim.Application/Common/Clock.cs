namespace Scim.Application.Common;

public static class Clock
{
    /// <summary>Now, to the millisecond: what is stored, shown and compared is the same on both databases.</summary>
    public static DateTimeOffset Now(this TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
    }
}
