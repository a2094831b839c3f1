namespace Scim.Application.Common;

public static class Clock
{
<<<<<<< HEAD
    /// <summary>
    /// The time as it is stored and shown: truncated to milliseconds, so that what a write answers equals what a later
    /// read returns on every database.
    /// </summary>
    public static DateTimeOffset Now(this TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        return new DateTimeOffset(
            now.Ticks - (now.Ticks % TimeSpan.TicksPerMillisecond),
            TimeSpan.Zero
        );
=======
    /// <summary>Now, to the millisecond: what is stored, shown and compared is the same on both databases.</summary>
    public static DateTimeOffset Now(this TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
>>>>>>> host
    }
}
