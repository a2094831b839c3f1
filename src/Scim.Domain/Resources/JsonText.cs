using System.Text.Json;
using System.Text.Unicode;
using Scim.Domain.Errors;

namespace Scim.Domain.Resources;

/// <summary>Reading of untrusted JSON: everything malformed is 400 invalidSyntax (RFC 7644 §3.12).</summary>
public static class JsonText
{
    public const int MaxDepth = 32;

    public static Utf8JsonReader Open(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            throw ScimError.InvalidSyntax("The body is not valid UTF-8 (RFC 7644 §3.8).");
        }

        return new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    public static ScimException Malformed(JsonException exception) =>
        ScimError.InvalidSyntax(
            $"The body is not valid JSON of at most {MaxDepth} levels: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}."
        );

    /// <summary>The string or property name under the reader; an unpaired surrogate is refused.</summary>
    public static string Get(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw ScimError.InvalidSyntax("A string in the body has an unpaired surrogate (RFC 8259 §8.2).");
        }
    }

    /// <summary>A client's own text, short and printable enough for an error detail.</summary>
    public static string Quote(string text)
    {
        var cut = text.Length <= 80 ? text : text[..80] + "…";
        return string.Create(
            cut.Length,
            cut,
            (span, source) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '?' : source[i];
                }
            }
        );
    }
}
