using System.Globalization;
using System.Text;
using System.Text.Json;
using Scim.Domain.Errors;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;
using Scim.Domain.Text;

namespace Scim.Domain.Filters;

/// <summary>How much a filter may ask for.</summary>
public sealed record FilterLimits(int MaxLength = 8192, int MaxDepth = 50, int MaxTerms = 500);

/// <summary>
/// Parses the filter grammar of RFC 7644 §3.4.2.2 (figure 1) and resolves it against a schema. Operators and names ignore
/// case; <c>not</c> binds tighter than <c>and</c>, that tighter than <c>or</c>. Everything else is 400 invalidFilter.
/// </summary>
public sealed class FilterParser
{
    private readonly string _text;
    private readonly ResourceSchema? _schema;
    private readonly AttributeDefinition? _element;
    private readonly DeviationLog _deviations;
    private readonly FilterLimits _limits;
    private readonly bool _lenient;
    private int _position;
    private int _depth;
    private int _terms;

    private FilterParser(
        string text,
        ResourceSchema? schema,
        AttributeDefinition? element,
        DeviationLog deviations,
        FilterLimits limits,
        bool lenient
    ) =>
        (_text, _schema, _element, _deviations, _limits, _lenient) = (
            text,
            schema,
            element,
            deviations,
            limits,
            lenient
        );

    /// <param name="lenient">Attributes that the type does not define are unassigned instead of an error (searches over all types).</param>
    public static Filter Parse(
        string text,
        ResourceSchema schema,
        DeviationLog deviations,
        FilterLimits limits,
        bool lenient = false
    ) => new FilterParser(text, schema, null, deviations, limits, lenient).ParseWhole();

    /// <summary>Parses the part between the brackets of a value path; names are sub-attributes of the element.</summary>
    public static Filter ParseElement(
        string text,
        AttributeDefinition element,
        DeviationLog deviations,
        FilterLimits limits
    ) => new FilterParser(text, null, element, deviations, limits, lenient: false).ParseWhole();

    private Filter ParseWhole()
    {
        if (_text.Length > _limits.MaxLength)
        {
            throw ScimError.InvalidFilter($"The filter is longer than {_limits.MaxLength} characters.");
        }

        var filter = ParseOr();
        SkipSpace();
        return _position == _text.Length ? filter : throw Unexpected("the end of the filter");
    }

    private Filter ParseOr()
    {
        var left = ParseAnd();
        while (TryKeyword("or"))
        {
            left = new Filter.Or(left, ParseAnd());
        }

        return left;
    }

    private Filter ParseAnd()
    {
        var left = ParseTerm();
        while (TryKeyword("and"))
        {
            left = new Filter.And(left, ParseTerm());
        }

        return left;
    }

    private Filter ParseTerm()
    {
        SkipSpace();
        if (TryChar('('))
        {
            return ParseGroup();
        }

        var start = _position;
        if (TryKeyword("not"))
        {
            SkipSpace();
            return TryChar('(')
                ? new Filter.Not(ParseGroup())
                : throw ScimError.InvalidFilter(
                    $"not must be followed by parentheses at position {start + 1} (RFC 7644 §3.4.2.2)."
                );
        }

        if (++_terms > _limits.MaxTerms)
        {
            throw ScimError.InvalidFilter($"The filter has more than {_limits.MaxTerms} comparisons.");
        }

        return ParseAttributeExpression();
    }

    private Filter ParseGroup()
    {
        if (++_depth > _limits.MaxDepth)
        {
            throw ScimError.InvalidFilter($"The filter nests deeper than {_limits.MaxDepth} levels.");
        }

        var inner = ParseOr();
        SkipSpace();
        if (!TryChar(')'))
        {
            throw Unexpected(")");
        }

        _depth--;
        return inner;
    }

    private Filter ParseAttributeExpression()
    {
        var name = ReadName();
        var path = Resolve(name);
        return TryChar('[') ? ParseValuePath(name, path) : ParseComparison(path);
    }

    private Filter ParseComparison(AttributePath? path)
    {
        var word = ReadWord();
        if (word.Equals("pr", StringComparison.OrdinalIgnoreCase))
        {
            RequireBoundary();
            return path is null ? new Filter.Constant(false) : new Filter.Present(path);
        }

        var comparison = word.ToLowerInvariant() switch
        {
            "eq" => FilterOperator.Equal,
            "ne" => FilterOperator.NotEqual,
            "co" => FilterOperator.Contains,
            "sw" => FilterOperator.StartsWith,
            "ew" => FilterOperator.EndsWith,
            "gt" => FilterOperator.GreaterThan,
            "ge" => FilterOperator.GreaterOrEqual,
            "lt" => FilterOperator.LessThan,
            "le" => FilterOperator.LessOrEqual,
            "" => throw Unexpected("an operator"),
            _ => throw ScimError.InvalidFilter(
                $"{JsonText.Quote(word)} is not a filter operator (RFC 7644 §3.4.2.2, table 3)."
            ),
        };
        var value = ReadValue();
        if (path is null)
        {
            return new Filter.Constant(
                value.ValueKind == JsonValueKind.Null
                    ? comparison == FilterOperator.Equal
                    : comparison == FilterOperator.NotEqual
            );
        }

        if (value.ValueKind == JsonValueKind.Null)
        {
            return comparison switch
            {
                FilterOperator.Equal => new Filter.Not(new Filter.Present(path)),
                FilterOperator.NotEqual => new Filter.Present(path),
                _ => throw ScimError.InvalidFilter("null can only be compared by eq and ne."),
            };
        }

        return Compare(path, comparison, value);
    }

    private Filter ParseValuePath(string name, AttributePath? path)
    {
        if (_element is not null)
        {
            throw ScimError.InvalidFilter("A value path cannot stand inside another value path (RFC 7644 §3.4.2.2).");
        }

        var start = _position;
        var end = FindBracketEnd();
        var inside = _text[start..end];
        _position = end + 1;
        if (path is null)
        {
            if (TryChar('.'))
            {
                ReadName();
                ParseComparison(null);
            }

            return new Filter.Constant(false);
        }

        if (path.Sub is not null || path.Attribute.Type != AttributeType.Complex || path.Attribute.IsExtension)
        {
            throw ScimError.InvalidFilter(
                $"{name}[…] needs a complex attribute with sub-attributes (RFC 7644 §3.4.2.2)."
            );
        }

        var parser = new FilterParser(inside, null, path.Attribute, _deviations, _limits, lenient: false)
        {
            _terms = _terms,
            _depth = _depth,
        };
        var inner = parser.ParseWhole();
        _terms = parser._terms;

        // emails[type eq "work"].value eq "…": beyond the grammar of filters, but clients look users up by it (RFC 7644 §3.5.2 has it for paths).
        if (TryChar('.'))
        {
            var part = ReadName();
            var sub =
                path.Attribute.Attributes.Find(part)
                ?? throw ScimError.InvalidFilter($"{path.Attribute.Path} has no sub-attribute {JsonText.Quote(part)}.");
            return new Filter.ValuePath(
                path,
                new Filter.And(inner, ParseComparison(new AttributePath(null, sub, null)))
            );
        }

        RequireBoundary();
        return new Filter.ValuePath(path, inner);
    }

    private int FindBracketEnd()
    {
        var quoted = false;
        for (var i = _position; i < _text.Length; i++)
        {
            if (quoted)
            {
                if (_text[i] == '\\')
                {
                    i++;
                }
                else if (_text[i] == '"')
                {
                    quoted = false;
                }
            }
            else if (_text[i] == '"')
            {
                quoted = true;
            }
            else if (_text[i] == '[')
            {
                throw ScimError.InvalidFilter(
                    "A value path cannot stand inside another value path (RFC 7644 §3.4.2.2)."
                );
            }
            else if (_text[i] == ']')
            {
                return i;
            }
        }

        throw ScimError.InvalidFilter("A value path is not closed by ].");
    }

    private AttributePath? Resolve(string name)
    {
        if (_element is not null)
        {
            return _element.Attributes.Find(name) is { } sub
                ? new AttributePath(null, sub, null)
                : throw ScimError.InvalidFilter($"{_element.Path} has no sub-attribute {JsonText.Quote(name)}.");
        }

        var path = AttributePath.Resolve(_schema!, name, out var bare);
        if (path is null || (bare && !_deviations.Tolerates(Deviation.BareExtensionAttribute)))
        {
            return _lenient
                ? null
                : throw ScimError.InvalidFilter($"{_schema!.Name} has no attribute {JsonText.Quote(name)}.");
        }

        if (path.Target.Mutability == Mutability.WriteOnly || path.Target.Returned == Returned.Never)
        {
            throw ScimError.InvalidFilter(
                $"{path.Target.Path} cannot be filtered: it is never returned (RFC 7643 §7)."
            );
        }

        return path;
    }

    private Filter.Comparison Compare(AttributePath path, FilterOperator comparison, JsonElement value)
    {
        if (path.Target.Type == AttributeType.Complex)
        {
            // RFC 7643 §2.4: the value sub-attribute stands for the whole (emails eq "…", manager eq "…").
            if (path.Sub is not null || path.Attribute.Value is not { } inner)
            {
                throw ScimError.InvalidFilter($"{path.Target.Path} is complex; name one of its sub-attributes.");
            }

            path = path with { Sub = inner };
        }

        return new Filter.Comparison(path, comparison, Convert(path.Target, comparison, value));
    }

    private FilterValue Convert(AttributeDefinition attribute, FilterOperator comparison, JsonElement value)
    {
        var partial = comparison is FilterOperator.Contains or FilterOperator.StartsWith or FilterOperator.EndsWith;
        var ordering = comparison >= FilterOperator.GreaterThan;
        switch (attribute.Type)
        {
            case AttributeType.Boolean:
                if (partial || ordering)
                {
                    throw ScimError.InvalidFilter(
                        $"{attribute.Path} is a boolean: only eq and ne apply (RFC 7644 §3.4.2.2)."
                    );
                }

                if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
                {
                    return new FilterValue(null, Flag: value.ValueKind == JsonValueKind.True);
                }

                return
                    value.ValueKind == JsonValueKind.String
                    && BooleanValue.Parse(value.GetString()!) is { } boolean
                    && _deviations.Tolerates(Deviation.StringBoolean)
                    ? new FilterValue(null, Flag: boolean.Flag)
                    : throw Operand(attribute, "true or false");
            case AttributeType.Integer or AttributeType.Decimal:
                if (partial)
                {
                    throw ScimError.InvalidFilter($"{attribute.Path} is a number: co, sw and ew do not apply.");
                }

                if (value.ValueKind != JsonValueKind.Number)
                {
                    throw Operand(attribute, "a number");
                }

                if (attribute.Type == AttributeType.Integer && value.TryGetInt64(out var integer))
                {
                    return new FilterValue(null, Integer: integer);
                }

                return value.TryGetDouble(out var number) && double.IsFinite(number)
                    ? new FilterValue(null, Number: number)
                    : throw Operand(attribute, "a number that a double can hold");
            case AttributeType.DateTime:
                if (partial)
                {
                    throw ScimError.InvalidFilter($"{attribute.Path} is a dateTime: co, sw and ew do not apply.");
                }

                return value.ValueKind == JsonValueKind.String && DateTimeValue.Parse(value.GetString()!) is { } time
                    ? new FilterValue(time.Sortable) { Original = time.Text }
                    : throw Operand(attribute, "a dateTime such as \"2011-05-13T04:42:34Z\"");
            case AttributeType.Binary when ordering:
                throw ScimError.InvalidFilter($"{attribute.Path} is binary: it has no order (RFC 7644 §3.4.2.2).");
            default:
                if (value.ValueKind != JsonValueKind.String)
                {
                    throw Operand(attribute, "a string in double quotes");
                }

                var text = value.GetString()!;
                if (text.Contains('\0'))
                {
                    throw Operand(attribute, "a string without the character U+0000");
                }

                return new FilterValue(attribute.Folds ? Folding.Fold(text) : text) { Original = text };
        }
    }

    private static ScimException Operand(AttributeDefinition attribute, string expected) =>
        ScimError.InvalidFilter($"{attribute.Path} can only be compared with {expected}.");

    // ATTRNAME and URIs: letters, digits and - _ . : $ and, in URNs, a few more.
    private string ReadName()
    {
        SkipSpace();
        var start = _position;
        while (
            _position < _text.Length
            && (
                char.IsAsciiLetterOrDigit(_text[_position])
                || "-_.:$/%~".Contains(_text[_position], StringComparison.Ordinal)
            )
        )
        {
            _position++;
        }

        return _position > start ? _text[start.._position] : throw Unexpected("an attribute name");
    }

    private string ReadWord()
    {
        RequireSpace();
        var start = _position;
        while (
            _position < _text.Length
            && !char.IsWhiteSpace(_text[_position])
            && _text[_position] is not (')' or '(' or ']' or '[')
        )
        {
            _position++;
        }

        return _text[start.._position];
    }

    /// <summary>compValue: false, null, true, number or string, as JSON writes them.</summary>
    private JsonElement ReadValue()
    {
        RequireSpace();
        var start = _position;
        if (start >= _text.Length)
        {
            throw Unexpected("a value");
        }

        if (_text[start] == '"')
        {
            _position++;
            while (_position < _text.Length && _text[_position] != '"')
            {
                _position += _text[_position] == '\\' ? 2 : 1;
            }

            if (_position >= _text.Length)
            {
                throw ScimError.InvalidFilter("A string in the filter is not closed by a double quote.");
            }

            _position++;
        }
        else
        {
            while (
                _position < _text.Length
                && !char.IsWhiteSpace(_text[_position])
                && _text[_position] is not (')' or '(' or ']')
            )
            {
                _position++;
            }
        }

        var token = _text[start.._position];
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

    private bool TryKeyword(string keyword)
    {
        SkipSpace();
        var end = _position + keyword.Length;
        if (
            end > _text.Length
            || string.Compare(_text, _position, keyword, 0, keyword.Length, StringComparison.OrdinalIgnoreCase) != 0
            || (end < _text.Length && !char.IsWhiteSpace(_text[end]) && _text[end] != '(')
        )
        {
            return false;
        }

        _position = end;
        return true;
    }

    private bool TryChar(char expected)
    {
        if (_position < _text.Length && _text[_position] == expected)
        {
            _position++;
            return true;
        }

        return false;
    }

    private void SkipSpace()
    {
        while (_position < _text.Length && char.IsWhiteSpace(_text[_position]))
        {
            _position++;
        }
    }

    private void RequireSpace()
    {
        var start = _position;
        SkipSpace();
        if (_position == start && _position < _text.Length)
        {
            throw Unexpected("a space");
        }
    }

    private void RequireBoundary()
    {
        if (_position < _text.Length && !char.IsWhiteSpace(_text[_position]) && _text[_position] != ')')
        {
            throw Unexpected("a space or )");
        }
    }

    private ScimException Unexpected(string expected) =>
        ScimError.InvalidFilter(
            _position >= _text.Length
                ? $"The filter ends where {expected} is due (RFC 7644 §3.4.2.2)."
                : $"The filter has {JsonText.Quote(_text.Substring(_position, 1))} at position {_position + 1} where {expected} is due (RFC 7644 §3.4.2.2)."
        );
}
