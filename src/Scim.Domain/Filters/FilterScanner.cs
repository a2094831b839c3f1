using System.Text;
using System.Text.Json;
using Scim.Domain.Errors;
using Scim.Domain.Resources;

namespace Scim.Domain.Filters;

/// <summary>Reads the words of a filter's text, one after the other (RFC 7644 §3.4.2.2, figure 1).</summary>
internal sealed class FilterScanner(string text)
{
    private int _position;

    public int Position => _position;

    public bool IsAtEnd
    {
        get
        {
            SkipSpace();
            return _position == text.Length;
        }
    }

    // ATTRNAME and URIs: letters, digits and - _ . : $ and, in URNs, a few more.
    public string ReadName()
    {
        SkipSpace();
        var start = _position;
        while (
            _position < text.Length
            && (
                char.IsAsciiLetterOrDigit(text[_position])
                || "-_.:$/%~".Contains(text[_position], StringComparison.Ordinal)
            )
        )
        {
            _position++;
        }

        return _position > start ? text[start.._position] : throw Unexpected("an attribute name");
    }

    public string ReadWord()
    {
        RequireSpace();
        var start = _position;
        while (
            _position < text.Length
            && !char.IsWhiteSpace(text[_position])
            && text[_position] is not (')' or '(' or ']' or '[')
        )
        {
            _position++;
        }

        return text[start.._position];
    }

    /// <summary>compValue: false, null, true, number or string, as JSON writes them.</summary>
    public JsonElement ReadValue()
    {
        RequireSpace();
        var start = _position;
        if (start >= text.Length)
        {
            throw Unexpected("a value");
        }

        if (text[start] == '"')
        {
            _position++;
            while (_position < text.Length && text[_position] != '"')
            {
                _position += text[_position] == '\\' ? 2 : 1;
            }

            if (_position >= text.Length)
            {
                throw ScimError.InvalidFilter("A string in the filter is not closed by a double quote.");
            }

            _position++;
        }
        else
        {
            while (
                _position < text.Length
                && !char.IsWhiteSpace(text[_position])
                && text[_position] is not (')' or '(' or ']')
            )
            {
                _position++;
            }
        }

        var token = text[start.._position];
        RequireBoundary();
        try
        {
            var bytes = new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(
                token.ToLowerInvariant() is "true" or "false" or "null" ? token.ToLowerInvariant() : token
            );
            var reader = new Utf8JsonReader(bytes);
            var value = JsonElement.ParseValue(ref reader);
            if (value.ValueKind == JsonValueKind.String)
            {
                value.GetString();
            }

            // Whatever follows the first JSON value is not one: 5,6 or nullx.
            reader.Read();
            return value.ValueKind is JsonValueKind.Array or JsonValueKind.Object ? throw Unexpected("a value") : value;
        }
        catch (Exception exception)
            when (exception is JsonException or EncoderFallbackException or InvalidOperationException)
        {
            throw ScimError.InvalidFilter(
                $"{JsonText.Quote(token)} at position {start + 1} is not a value: strings stand in double quotes (RFC 7644 §3.4.2.2)."
            );
        }
    }

    public bool TryKeyword(string keyword)
    {
        SkipSpace();
        var end = _position + keyword.Length;
        if (
            end > text.Length
            || string.Compare(text, _position, keyword, 0, keyword.Length, StringComparison.OrdinalIgnoreCase) != 0
            || (end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] != '(')
        )
        {
            return false;
        }

        _position = end;
        return true;
    }

    public bool TryChar(char expected)
    {
        if (_position < text.Length && text[_position] == expected)
        {
            _position++;
            return true;
        }

        return false;
    }

    public void SkipSpace()
    {
        while (_position < text.Length && char.IsWhiteSpace(text[_position]))
        {
            _position++;
        }
    }

    private void RequireSpace()
    {
        var start = _position;
        SkipSpace();
        if (_position == start && _position < text.Length)
        {
            throw Unexpected("a space");
        }
    }

    public void RequireBoundary()
    {
        if (_position < text.Length && !char.IsWhiteSpace(text[_position]) && text[_position] != ')')
        {
            throw Unexpected("a space or )");
        }
    }

    public ScimException Unexpected(string expected) =>
        ScimError.InvalidFilter(
            _position >= text.Length
                ? $"The filter ends where {expected} is due (RFC 7644 §3.4.2.2)."
                : $"The filter has {JsonText.Quote(text.Substring(_position, 1))} at position {_position + 1} where {expected} is due (RFC 7644 §3.4.2.2)."
        );

    /// <summary>The text up to the bracket that closes a value path; moves behind it.</summary>
    public string ReadToBracket()
    {
        var start = _position;
        var quoted = false;
        for (var i = _position; i < text.Length; i++)
        {
            if (quoted)
            {
                if (text[i] == '\\')
                {
                    i++;
                }
                else if (text[i] == '"')
                {
                    quoted = false;
                }
            }
            else if (text[i] == '"')
            {
                quoted = true;
            }
            else if (text[i] == '[')
            {
                throw ScimError.InvalidFilter(
                    "A value path cannot stand inside another value path (RFC 7644 §3.4.2.2)."
                );
            }
            else if (text[i] == ']')
            {
                _position = i + 1;
                return text[start..i];
            }
        }

        throw ScimError.InvalidFilter("A value path is not closed by ].");
    }
}
