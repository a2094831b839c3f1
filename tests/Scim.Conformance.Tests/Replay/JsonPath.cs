using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Scim.Conformance.Tests.Replay;

/// <summary>The paths of the trace format: names, indexes, <c>[*]</c> and equality filters. Names compare exactly.</summary>
internal static partial class JsonPath
{
    private static readonly JsonElement[] Nothing = [];

    /// <summary>
    /// The value at the path, or null when there is none. <c>[*]</c> always gives a list; a filter gives the value of the
    /// one element it hits, and a list only when it hits several.
    /// </summary>
    public static JsonElement? Find(JsonElement root, string path)
    {
        if (!path.StartsWith('$'))
        {
            throw new TraceException($"The path {path} does not start with $.");
        }

        IEnumerable<JsonElement> found = [root];
        var isList = false;
        var position = 1;
        while (position < path.Length)
        {
            var step = Step().Match(path, position);
            if (!step.Success)
            {
                throw new TraceException($"The path {path} cannot be read from position {position}.");
            }

            position += step.Length;
            isList |= step.Groups["all"].Success;
            found = found.SelectMany(element => Follow(element, step)).ToArray();
        }

        var values = found.ToArray();
        return isList || values.Length > 1 ? JsonSerializer.SerializeToElement(values)
            : values.Length == 1 ? values[0]
            : null;
    }

    private static IEnumerable<JsonElement> Follow(JsonElement element, Match step)
    {
        if (step.Groups["name"] is { Success: true, Value: var name })
        {
            return Member(element, name) is { } member ? [member] : Nothing;
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            return Nothing;
        }

        if (step.Groups["all"].Success)
        {
            return element.EnumerateArray();
        }

        if (step.Groups["index"] is { Success: true, Value: var index })
        {
            var at = int.Parse(index, CultureInfo.InvariantCulture);
            at = at < 0 ? at + element.GetArrayLength() : at;
            return at >= 0 && at < element.GetArrayLength() ? [element[at]] : Nothing;
        }

        var names = step.Groups["filter"].Value.Split('.', StringSplitOptions.RemoveEmptyEntries);
        var operand = Literal(step.Groups["operand"].Value);
        return element
            .EnumerateArray()
            .Where(item =>
                names.Aggregate((JsonElement?)item, (at, part) => at is { } value ? Member(value, part) : null)
                    is { } actual
                && JsonElement.DeepEquals(actual, operand)
            );
    }

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : null;

    private static JsonElement Literal(string text) =>
        text[0] == '\'' ? JsonSerializer.SerializeToElement(text[1..^1]) : JsonElement.Parse(text);

    [GeneratedRegex(
        """
            \G(?:
                \.(?<name>[^.\[\]]+)
              | \['(?<name>[^']*)'\]
              | \["(?<name>[^"]*)"\]
              | \[(?<all>\*)\]
              | \[(?<index>-?\d+)\]
              | \[\?\(\s*@(?<filter>(?:\.[^.=\s\]]+)*)\s*==\s*(?<operand>'[^']*'|"[^"]*"|[-\w.+]+)\s*\)\]
            )
            """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant
    )]
    private static partial Regex Step();
}
