using System.Text.Json;
using System.Text.RegularExpressions;

namespace Scim.Conformance.Tests.Replay;

/// <summary>The operators of the trace format. A missing value is null.</summary>
internal static class Expectation
{
    private static readonly HashSet<string> Annotations = ["path", "level", "why"];

    private static readonly TimeSpan RegexLimit = TimeSpan.FromSeconds(2);

    /// <summary>The operators of one assertion that do not hold, each as a sentence.</summary>
    public static IEnumerable<string> Violations(JsonElement? actual, JsonElement assertion)
    {
        var operators = assertion.EnumerateObject().Where(member => !Annotations.Contains(member.Name)).ToArray();
        if (operators.Length == 0)
        {
            throw new TraceException($"The assertion {assertion.GetRawText()} has no operator.");
        }

        return operators
            .Where(rule => !Holds(rule.Name, actual, rule.Value))
            .Select(rule =>
                $"{rule.Name} {rule.Value.GetRawText()} does not hold for {Shorten(actual?.GetRawText() ?? "nothing")}"
            );
    }

    private static bool Holds(string rule, JsonElement? actual, JsonElement expected) =>
        rule switch
        {
            "equals" => Equal(actual, expected),
            "notEquals" => !Equal(actual, expected),
            "equalsIgnoreCase" => Text(actual) is { } text
                && string.Equals(text, Text(expected), StringComparison.OrdinalIgnoreCase),
            "equalsUnordered" => EqualUnordered(actual, expected),
            "subset" => actual is { } whole && Includes(whole, expected),
            "exists" => actual is not null == expected.GetBoolean(),
            "absentOrEmpty" => IsAbsentOrEmpty(actual) == expected.GetBoolean(),
            "type" => actual is { } typed && IsOneOf(TypeOf(typed), expected),
            "contains" => Contains(actual, expected),
            "notContains" => !Contains(actual, expected),
            "count" or "length" => Size(actual) == expected.GetInt32(),
            "lengthAtLeast" => Size(actual) >= expected.GetInt32(),
            "lengthAtMost" => Size(actual) is { } size && size <= expected.GetInt32(),
            "unique" => IsArray(actual, out var elements) && AreUnique(elements) == expected.GetBoolean(),
            "every" => IsArray(actual, out var elements) && elements.All(element => ElementContains(element, expected)),
            "matches" => Text(actual) is { } text
                && Regex.IsMatch(text, Text(expected)!, RegexOptions.CultureInvariant, RegexLimit),
            "oneOf" => expected.EnumerateArray().Any(candidate => Equal(actual, candidate)),
            "gte" => Number(actual) >= expected.GetDouble(),
            "lte" => Number(actual) <= expected.GetDouble(),
            _ => throw new TraceException($"There is no operator {rule}."),
        };

    public static bool AreUnique(IReadOnlyList<JsonElement> elements) =>
        !elements.Where((element, index) => elements.Take(index).Any(earlier => Equal(earlier, element))).Any();

    public static bool Equal(JsonElement? actual, JsonElement expected) =>
        actual is { } value && JsonElement.DeepEquals(value, expected);

    private static bool EqualUnordered(JsonElement? actual, JsonElement expected)
    {
        if (!IsArray(actual, out var elements) || elements.Count != expected.GetArrayLength())
        {
            return false;
        }

        var left = elements.ToList();
        foreach (var wanted in expected.EnumerateArray())
        {
            var index = left.FindIndex(element => Equal(element, wanted));
            if (index < 0)
            {
                return false;
            }

            left.RemoveAt(index);
        }

        return true;
    }

    private static bool Includes(JsonElement whole, JsonElement part) =>
        (whole.ValueKind, part.ValueKind) switch
        {
            (JsonValueKind.Object, JsonValueKind.Object) => part.EnumerateObject()
                .All(member => whole.TryGetProperty(member.Name, out var value) && Includes(value, member.Value)),
            (JsonValueKind.Array, JsonValueKind.Array) => part.EnumerateArray()
                .All(wanted => whole.EnumerateArray().Any(element => Includes(element, wanted))),
            _ => Equal(whole, part),
        };

    private static bool Contains(JsonElement? actual, JsonElement expected) =>
        IsArray(actual, out var elements)
            ? elements.Any(element => Includes(element, expected))
            : Text(actual) is { } text && Text(expected) is { } part && text.Contains(part, StringComparison.Ordinal);

    private static bool ElementContains(JsonElement element, JsonElement expected) =>
        Includes(element, expected) || Contains(element, expected);

    private static bool IsAbsentOrEmpty(JsonElement? actual) =>
        actual is not { } value || value.ValueKind == JsonValueKind.Null || Size(value) == 0;

    /// <summary>Null for what has no size: a number or a boolean.</summary>
    private static int? Size(JsonElement? actual) =>
        actual?.ValueKind switch
        {
            null or JsonValueKind.Null => 0,
            JsonValueKind.Array => actual.Value.GetArrayLength(),
            JsonValueKind.Object => actual.Value.GetPropertyCount(),
            JsonValueKind.String => actual.Value.GetString()!.Length,
            _ => null,
        };

    private static bool IsArray(JsonElement? actual, out IReadOnlyList<JsonElement> elements)
    {
        var isArray = actual?.ValueKind == JsonValueKind.Array;
        elements = isArray ? [.. actual!.Value.EnumerateArray()] : [];
        return isArray;
    }

    private static bool IsOneOf(string type, JsonElement types) =>
        types.ValueKind == JsonValueKind.Array
            ? types.EnumerateArray().Any(candidate => candidate.GetString() == type)
            : types.GetString() == type;

    private static string TypeOf(JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? "boolean"
            : value.ValueKind.ToString().ToLowerInvariant();

    private static string? Text(JsonElement? value) =>
        value is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static double? Number(JsonElement? value) =>
        value is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    private static string Shorten(string text) => text.Length <= 300 ? text : text[..300] + "…";
}
