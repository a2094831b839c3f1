using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Scim.Domain.Tenants;

/// <summary>
/// Reads a distinguished name as RFC 4514 writes it, and values in quotes, as RFC 1779 did and some tools do. The framework's own
/// reader knows neither escapes nor parts of several attributes.
/// </summary>
internal sealed class DistinguishedNameReader(string text)
{
    private const string NeverBare = "\";<>\0";
    private const string Escapable = " #=\"+,;<>\\";

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private int _at;

    /// <summary>The parts in their order, each with its attributes by object identifier.</summary>
    /// <exception cref="FormatException">Or another of those that reading a certificate's name may end in.</exception>
    public List<List<(string Type, string Value)>> Read()
    {
        List<List<(string Type, string Value)>> parts =
        [
            [],
        ];
        while (true)
        {
            parts[^1].Add((ReadType(), ReadValue()));
            if (_at == text.Length)
            {
                return parts;
            }

            if (text[_at++] == ',')
            {
                parts.Add([]);
            }
        }
    }

    private bool IsAtEnd => _at == text.Length || text[_at] is ',' or '+';

    private string ReadType()
    {
        var end = text.IndexOf('=', _at);
        var type = end < 0 ? "" : text[_at..end].Trim();
        if (type.Length == 0 || !type.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-'))
        {
            throw new FormatException();
        }

        _at = end + 1;
        // It knows the names, if not the rest.
        var one = new X500DistinguishedName($"{type}=x").EnumerateRelativeDistinguishedNames().Single();
        return one.GetSingleElementType().Value!;
    }

    private string ReadValue()
    {
        SkipBlanks();
        if (IsAtEnd)
        {
            return "";
        }

        var value = text[_at] switch
        {
            '#' => ReadHex(),
            '"' => ReadQuoted(),
            _ => ReadString(),
        };
        SkipBlanks();
        return IsAtEnd ? value : throw new FormatException();
    }

    // The encoding itself.
    private string ReadHex()
    {
        var start = ++_at;
        while (_at < text.Length && char.IsAsciiHexDigit(text[_at]))
        {
            _at++;
        }

        var reader = new AsnReader(Convert.FromHexString(text.AsSpan(start, _at - start)), AsnEncodingRules.BER);
        var value = SubjectName.ReadValue(reader);
        reader.ThrowIfNotEmpty();
        return value;
    }

    private string ReadQuoted()
    {
        var value = new StringBuilder();
        for (_at++; _at < text.Length; )
        {
            if (text[_at] == '"')
            {
                _at++;
                return value.ToString();
            }

            Append(value);
        }

        throw new FormatException();
    }

    private string ReadString()
    {
        var value = new StringBuilder();
        while (!IsAtEnd)
        {
            if (NeverBare.Contains(text[_at], StringComparison.Ordinal))
            {
                throw new FormatException();
            }

            Append(value);
        }

        return value.ToString();
    }

    /// <summary>A character, or what an escape stands for.</summary>
    private void Append(StringBuilder value)
    {
        if (text[_at] != '\\')
        {
            value.Append(text[_at++]);
            return;
        }

        // Of a character that is several bytes, each is escaped.
        var bytes = new List<byte>();
        while (_at + 2 < text.Length && text[_at] == '\\' && IsHex(_at + 1) && IsHex(_at + 2))
        {
            bytes.AddRange(Convert.FromHexString(text.AsSpan(_at + 1, 2)));
            _at += 3;
        }

        if (bytes.Count > 0)
        {
            value.Append(Utf8.GetString([.. bytes]));
        }
        else if (_at + 1 < text.Length && Escapable.Contains(text[_at + 1], StringComparison.Ordinal))
        {
            value.Append(text[_at + 1]);
            _at += 2;
        }
        else
        {
            throw new FormatException();
        }
    }

    private bool IsHex(int at) => char.IsAsciiHexDigit(text[at]);

    private void SkipBlanks()
    {
        while (_at < text.Length && text[_at] == ' ')
        {
            _at++;
        }
    }
}
