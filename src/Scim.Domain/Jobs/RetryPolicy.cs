namespace Scim.Domain.Jobs;

/// <summary>How often a job is tried, and how long it waits in between: twice as long each time, up to a limit.</summary>
public sealed record RetryPolicy(int MaxAttempts, TimeSpan FirstDelay, TimeSpan MaxDelay)
{
    /// <summary>Between half and all of the delay: what failed together does not come back together.</summary>
    public TimeSpan DelayAfter(int attempt, double chance)
    {
        var doubled = FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(attempt - 1, 30));
        return TimeSpan.FromSeconds(Math.Min(doubled, MaxDelay.TotalSeconds) * (0.5 + (chance / 2)));
    }
}
