using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Scim.Api.Cli;

/// <summary><c>365d</c>, <c>12h</c>, <c>30m</c>, <c>90s</c> or <c>never</c>.</summary>
internal static class Lifetime
{
    private const int MaxDays = 36_500;

    public static Option<TimeSpan?> Option() =>
        new("--expires-in")
        {
            Description = "Lifetime of the token: 365d, 12h, 30m, 90s or never.",
            DefaultValueFactory = _ => TimeSpan.FromDays(365),
            CustomParser = Parse,
        };

    private static TimeSpan? Parse(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (text == "never")
        {
            return null;
        }

        var seconds =
            text.Length < 2
                ? 0
                : text[^1..] switch
                {
                    "d" => 86_400,
                    "h" => 3_600,
                    "m" => 60,
                    "s" => 1,
                    _ => 0,
                };
        if (
            seconds > 0
            && int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0
            && (long)count * seconds <= MaxDays * 86_400L
        )
        {
            return TimeSpan.FromSeconds((long)count * seconds);
        }

        argument.AddError($"--expires-in is a number with d, h, m or s, at most {MaxDays}d, or never.");
        return null;
    }
}
