namespace Scim.TestKit;

/// <summary>
/// One test code in two sizes. Tests that take their counts from here also carry one of the categories, so that a soak
/// can be resumed part by part (<c>build.cake</c> knows the same names).
/// </summary>
public static class Soak
{
    public const string Property = nameof(Property);
    public const string Concurrency = nameof(Concurrency);
    public const string Crash = nameof(Crash);
    public const string Fuzz = nameof(Fuzz);
    public const string Load = nameof(Load);

    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("SCIM_SOAK") == "1";

    public static int Count(int small, int full) => IsOn ? full : small;
}
