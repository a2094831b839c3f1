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
    private readonly FilterScanner _scanner;
    private readonly ResourceSchema? _schema;
    private readonly AttributeDefinition? _element;
    private readonly DeviationLog _deviations;
    private readonly FilterLimits _limits;
    private readonly bool _lenient;
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
        (_text, _scanner, _schema, _element, _deviations, _limits, _lenient) = (
            text,
            new FilterScanner(text),
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
        return _scanner.IsAtEnd ? filter : throw _scanner.Unexpected("the end of the filter");
    }

    private Filter ParseOr()
    {
        var left = ParseAnd();
        while (_scanner.TryKeyword("or"))
        {
            left = new Filter.Or(left, ParseAnd());
        }

        return left;
    }

    private Filter ParseAnd()
    {
        var left = ParseTerm();
        while (_scanner.TryKeyword("and"))
        {
            left = new Filter.And(left, ParseTerm());
        }

        return left;
    }

    private Filter ParseTerm()
    {
        _scanner.SkipSpace();
        if (_scanner.TryChar('('))
        {
            return ParseGroup();
        }

        var start = _scanner.Position;
        if (_scanner.TryKeyword("not"))
        {
            _scanner.SkipSpace();
            return _scanner.TryChar('(')
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
        _scanner.SkipSpace();
        if (!_scanner.TryChar(')'))
        {
            throw _scanner.Unexpected(")");
        }

        _depth--;
        return inner;
    }

    private Filter ParseAttributeExpression()
    {
        var name = _scanner.ReadName();
        var path = Resolve(name);
        return _scanner.TryChar('[') ? ParseValuePath(name, path) : ParseComparison(path);
    }

    private Filter ParseComparison(AttributePath? path)
    {
        var word = _scanner.ReadWord();
        if (word.Equals("pr", StringComparison.OrdinalIgnoreCase))
        {
            _scanner.RequireBoundary();
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
            "" => throw _scanner.Unexpected("an operator"),
            _ => throw ScimError.InvalidFilter(
                $"{JsonText.Quote(word)} is not a filter operator (RFC 7644 §3.4.2.2, table 3)."
            ),
        };
        var value = _scanner.ReadValue();
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

        var inside = _scanner.ReadToBracket();
        if (path is null)
        {
            if (_scanner.TryChar('.'))
            {
                _scanner.ReadName();
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
        if (_scanner.TryChar('.'))
        {
            var part = _scanner.ReadName();
            var sub =
                path.Attribute.Attributes.Find(part)
                ?? throw ScimError.InvalidFilter($"{path.Attribute.Path} has no sub-attribute {JsonText.Quote(part)}.");
            return new Filter.ValuePath(
                path,
                new Filter.And(inner, ParseComparison(new AttributePath(null, sub, null)))
            );
        }

        _scanner.RequireBoundary();
        return new Filter.ValuePath(path, inner);
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

        return new Filter.Comparison(
            path,
            comparison,
            FilterOperands.Convert(path.Target, comparison, value, _deviations)
        );
    }
}
