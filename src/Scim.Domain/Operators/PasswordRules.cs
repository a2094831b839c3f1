using System.Collections.Frozen;

namespace Scim.Domain.Operators;

/// <summary>
/// What an operator's password must be (NIST SP 800-63B §5.1.1.2): long, and none that attackers try first. No rules about
/// kinds of characters.
/// </summary>
public static class PasswordRules
{
    public const int MinLength = 12;

    /// <summary>More would only make the slow hash a burden.</summary>
    public const int MaxLength = 256;

    private const int MinDistinct = 5;
    private const int MinNameLength = 4;

    private static readonly Lazy<FrozenSet<string>> Common = new(Load);

    /// <summary>Why the password is refused, as the end of a sentence about it; null when it is not.</summary>
    public static string? Violation(string password, string userName)
    {
        if (password.Length is < MinLength or > MaxLength)
        {
            return $"must have {MinLength} to {MaxLength} characters";
        }

        if (password.Distinct().Count() < MinDistinct)
        {
            return $"must have at least {MinDistinct} different characters";
        }

        if (IsCommon(password))
        {
            return "is, but for digits and signs around it, among the most common passwords";
        }

        return userName.Length >= MinNameLength && password.Contains(userName, StringComparison.OrdinalIgnoreCase)
            ? "must not contain the user name"
            : null;
    }

    // "Liverpool2026!" is as common as "liverpool": what people add at the ends is what guessers add.
    private static bool IsCommon(string password)
    {
        var folded = password.ToLowerInvariant();
        var core = folded.Trim([.. "0123456789 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"]);
        return Common.Value.Contains(folded) || Common.Value.Contains(core) || core.Length == 0;
    }

    private static FrozenSet<string> Load()
    {
        using var stream =
            typeof(PasswordRules).Assembly.GetManifestResourceStream("Scim.Domain.Operators.common-passwords.txt")
            ?? throw new InvalidOperationException("The list of common passwords is not embedded.");
        using var reader = new StreamReader(stream);
        return reader
            .ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => line[0] != '#')
            .ToFrozenSet(StringComparer.Ordinal);
    }
}
