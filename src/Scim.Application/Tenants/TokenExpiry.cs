namespace Scim.Application.Tenants;

/// <summary>How long before its end a token is warned of.</summary>
public sealed record TokenExpiry(string Name, int Days)
{
    /// <summary>The nearest first.</summary>
    public static IReadOnlyList<TokenExpiry> Thresholds { get; } =
    [new("1-day", 1), new("7-days", 7), new("30-days", 30)];

    /// <summary>The nearest threshold that a token with this end has passed; null for none.</summary>
    public static TokenExpiry? Find(DateTimeOffset? expiresAt, DateTimeOffset now) =>
        expiresAt is { } at ? Thresholds.FirstOrDefault(threshold => at <= now.AddDays(threshold.Days)) : null;
}
