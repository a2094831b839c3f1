using System.Buffers;
using System.Security.Cryptography;

namespace Scim.Domain.Tenants;

/// <summary>
/// A bearer token as a client presents it: <c>scim_&lt;id&gt;_&lt;secret&gt;&lt;checksum&gt;</c>. The id is public and
/// names the token's row; the secret carries 256 random bits; the checksum (CRC-32 of all before it) lets a mistyped
/// token be refused before the database or a hash is touched. Secret scanners find it by <see cref="Pattern"/>.
/// </summary>
public sealed class ScimToken
{
    public const string Prefix = "scim_";
    public const string Pattern = @"\bscim_[0-9a-hjkmnp-tv-z]{16}_[0-9A-Za-z]{49}\b";

    /// <summary>Length of every token.</summary>
    public const int Length = IdEnd + 1 + SecretLength + ChecksumLength;

    private const int IdLength = 16; // 80 bits
    private const int SecretLength = 43; // 62^43 > 2^256
    private const int ChecksumLength = 6; // 62^6 > 2^32
    private const int IdEnd = 5 + IdLength;
    private const string IdAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> IdCharacters = SearchValues.Create(IdAlphabet);
    private static readonly SearchValues<char> Base62Characters = SearchValues.Create(Base62);
    private static readonly uint[] CrcTable = BuildCrcTable();

    private ScimToken(string text) => Text = text;

    /// <summary>The whole token. Shown once, never stored, logged or journalled.</summary>
    public string Text { get; }

    public string Id => IdOf(Text).ToString();

    public static ScimToken Generate()
    {
        Span<char> text = stackalloc char[Length];
        Prefix.CopyTo(text);
        RandomNumberGenerator.GetItems(IdAlphabet, text[Prefix.Length..IdEnd]);
        text[IdEnd] = '_';
        RandomNumberGenerator.GetItems(Base62, text.Slice(IdEnd + 1, SecretLength));
        WriteChecksum(text[..^ChecksumLength], text[^ChecksumLength..]);
        return new ScimToken(text.ToString());
    }

    /// <summary>The public id within a well-formed token.</summary>
    public static ReadOnlySpan<char> IdOf(ReadOnlySpan<char> token) => token[Prefix.Length..IdEnd];

    /// <summary>True when shape and checksum are right; says nothing about whether the token exists. Allocates nothing.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> token)
    {
        if (
            token.Length != Length
            || !token.StartsWith(Prefix, StringComparison.Ordinal)
            || token[IdEnd] != '_'
            || IdOf(token).ContainsAnyExcept(IdCharacters)
            || token[(IdEnd + 1)..].ContainsAnyExcept(Base62Characters)
        )
        {
            return false;
        }

        Span<char> checksum = stackalloc char[ChecksumLength];
        WriteChecksum(token[..^ChecksumLength], checksum);
        return checksum.SequenceEqual(token[^ChecksumLength..]);
    }

    public override string ToString() => $"{Prefix}{Id}_…";

    private static void WriteChecksum(ReadOnlySpan<char> covered, Span<char> checksum)
    {
        var crc = uint.MaxValue;
        foreach (var character in covered)
        {
            crc = CrcTable[(byte)(crc ^ character)] ^ (crc >> 8);
        }

        crc = ~crc;
        for (var i = checksum.Length - 1; i >= 0; i--)
        {
            (crc, var digit) = Math.DivRem(crc, 62u);
            checksum[i] = Base62[(int)digit];
        }
    }

    // CRC-32 (IEEE 802.3, reflected). System.IO.Hashing is a package, and this layer has none.
    private static uint[] BuildCrcTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) == 1 ? (value >> 1) ^ 0xEDB88320u : value >> 1;
            }

            table[i] = value;
        }

        return table;
    }
}
