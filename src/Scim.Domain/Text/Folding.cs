using System.Text;

namespace Scim.Domain.Text;

/// <summary>
/// The one comparison form of text that ignores case (RFC 7643 §2.2): NFKC, full case folding, NFKC. Keys, filters and
/// uniqueness on both databases use it; SQL never folds.
/// </summary>
public static class Folding
{
    public static string Fold(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.AsSpan().ContainsAnyInRange('A', 'Z') ? text.ToLowerInvariant() : text;
        }

        var folded = FoldCase(Normalize(text));
        // Folding can leave text that composes further, and composing can leave text that folds further.
        for (var i = 0; i < 3; i++)
        {
            var again = FoldCase(Normalize(folded));
            if (again == folded)
            {
                break;
            }

            folded = again;
        }

        return folded;
    }

    /// <summary>Order by code point, which is the order of UTF-8 bytes and so of both databases.</summary>
    public static int Compare(string left, string right)
    {
        var length = Math.Min(left.Length, right.Length);
        for (var i = 0; i < length; i++)
        {
            var (a, b) = (left[i], right[i]);
            if (a != b)
            {
                // Surrogates stand for code points above U+FFFF, so they sort after U+E000..U+FFFF.
                return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b)
                    : char.IsSurrogate(a) ? 1
                    : -1;
            }
        }

        return left.Length.CompareTo(right.Length);
    }

    /// <summary>The smallest text that sorts after every text with this prefix, or null when there is none.</summary>
    public static string? AfterPrefix(string prefix)
    {
        var runes = prefix.EnumerateRunes().ToArray();
        for (var i = runes.Length - 1; i >= 0; i--)
        {
            if (runes[i].Value == 0x10FFFF)
            {
                continue;
            }

            var next = runes[i].Value + 1;
            var last = new Rune(next is >= 0xD800 and <= 0xDFFF ? 0xE000 : next);
            return string.Concat(runes.Take(i).Append(last).Select(rune => rune.ToString()));
        }

        return null;
    }

    /// <summary>The same code points from last to first, so that the end of a text becomes a prefix.</summary>
    public static string Reverse(string text) =>
        string.Create(
            text.Length,
            text,
            static (reversed, text) =>
            {
                var at = reversed.Length;
                foreach (var rune in text.EnumerateRunes())
                {
                    at -= rune.Utf16SequenceLength;
                    rune.EncodeToUtf16(reversed[at..]);
                }
            }
        );

    private static string Normalize(string text)
    {
        // The runtime throws on U+FFFE, which is no character but valid in JSON and UTF-8. It composes with nothing.
        if (text.Contains('\uFFFE'))
        {
            return string.Join('\uFFFE', text.Split('\uFFFE').Select(Normalize));
        }

        return text.IsNormalized(NormalizationForm.FormKC) ? text : text.Normalize(NormalizationForm.FormKC);
    }

    private static string FoldCase(string text)
    {
        var builder = new StringBuilder(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            if (FullFolds.TryGetValue(rune.Value, out var full))
            {
                builder.Append(full);
            }
            else
            {
                builder.Append(Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune)).ToString());
            }
        }

        return builder.ToString();
    }

    // Unicode CaseFolding.txt, status F, where NFKC does not already take the character apart.
    private static readonly Dictionary<int, string> FullFolds = WithIotaSubscripts(
        new()
        {
            [0x00DF] = "ss",
            [0x1E9E] = "ss",
            [0x0130] = "i\u0307",
            [0x0149] = "\u02BCn",
            [0x01F0] = "j\u030C",
            [0x0390] = "\u03B9\u0308\u0301",
            [0x03B0] = "\u03C5\u0308\u0301",
            [0x0587] = "\u0565\u0582",
            [0x1E96] = "h\u0331",
            [0x1E97] = "t\u0308",
            [0x1E98] = "w\u030A",
            [0x1E99] = "y\u030A",
        }
    );

    // Greek vowels with an iota below (U+1F80..U+1FFC) fold to the vowel and an iota; the rest of the vowel folds in the next round.
    private static Dictionary<int, string> WithIotaSubscripts(Dictionary<int, string> folds)
    {
        for (var code = 0x1F80; code <= 0x1FFC; code++)
        {
            var parts = ((char)code).ToString().Normalize(NormalizationForm.FormD);
            if (parts.Length > 1 && parts[^1] == '\u0345')
            {
                folds[code] = parts[..^1].Normalize(NormalizationForm.FormC) + '\u03B9';
            }
        }

        return folds;
    }
}
