using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Scim.Conformance.Tests.Replay;

/// <summary>The variables of one replay, and the rendering of everything that mentions them.</summary>
internal sealed partial class Variables
{
    private readonly Dictionary<string, JsonNode?> _values = new(StringComparer.Ordinal) { ["run"] = RandomText() };

    public JsonNode? this[string name]
    {
        get =>
            _values.TryGetValue(name, out var value)
                ? value
                : throw new TraceException($"The variable {name} has no value.");
        set => _values[name] = value?.DeepClone();
    }

    public void Append(string name, JsonNode value)
    {
        if (_values.GetValueOrDefault(name) is not JsonArray list)
        {
            _values[name] = list = [];
        }

        list.Add(value.DeepClone());
    }

    public void Forget(string name) => _values.Remove(name);

    public string RenderText(string template) => Placeholder().Replace(template, match => AsText(Evaluate(match)));

    /// <summary>A string that is one placeholder keeps the type of its value; <c>$map</c> becomes an array.</summary>
    public JsonNode? Render(JsonElement template)
    {
        switch (template.ValueKind)
        {
            case JsonValueKind.String:
                var text = template.GetString()!;
                var whole = Placeholder().Match(text);
                return whole.Success && whole.Length == text.Length ? Evaluate(whole) : RenderText(text);
            case JsonValueKind.Array:
                return new JsonArray([.. template.EnumerateArray().Select(Render)]);
            case JsonValueKind.Object when template.TryGetProperty("$map", out var map):
                return RenderMap(map);
            case JsonValueKind.Object:
                return new JsonObject(
                    template
                        .EnumerateObject()
                        .Select(member => KeyValuePair.Create(RenderText(member.Name), Render(member.Value)))
                );
            case JsonValueKind.Null:
                return null;
            default:
                return JsonNode.Parse(template.GetRawText());
        }
    }

    private JsonArray RenderMap(JsonElement map)
    {
        var over = map.GetProperty("over").GetString()!;
        var items = this[over] as JsonArray ?? throw new TraceException($"$map goes over {over}, which is no list.");
        var (from, to) = (0, items.Count);
        if (map.TryGetProperty("slice", out var slice))
        {
            from = Math.Min(slice[0].GetInt32(), items.Count);
            to = Math.Clamp(slice[1].GetInt32(), from, items.Count);
        }

        var rendered = new JsonArray();
        for (var index = from; index < to; index++)
        {
            this["item"] = items[index];
            this["itemIndex"] = rendered.Count;
            rendered.Add(Render(map.GetProperty("item")));
        }

        Forget("item");
        Forget("itemIndex");
        return rendered;
    }

    private JsonNode? Evaluate(Match placeholder)
    {
        var name = placeholder.Groups["name"].Value;
        var value = name switch
        {
            "$uuid" => JsonValue.Create(Guid.NewGuid().ToString("D")),
            "$rand" => JsonValue.Create(RandomText()),
            "$now" => JsonValue.Create(TimeProvider.System.GetUtcNow().ToString("O", CultureInfo.InvariantCulture)),
            _ => this[name],
        };
        if (placeholder.Groups["index"] is { Success: true, Value: var index })
        {
            value = Element(name, value, int.Parse(index, CultureInfo.InvariantCulture));
        }

        var filters = placeholder.Groups["filter"].Captures;
        return filters.Count == 0
            ? value?.DeepClone()
            : filters.Aggregate(AsText(value), (text, filter) => Apply(filter.Value, text));
    }

    private static JsonNode? Element(string name, JsonNode? value, int index)
    {
        var list = value as JsonArray ?? throw new TraceException($"The variable {name} is no list.");
        var at = index < 0 ? index + list.Count : index;
        return at >= 0 && at < list.Count
            ? list[at]
            : throw new TraceException($"The variable {name} has no element {index}.");
    }

    private static string Apply(string filter, string text) =>
        filter switch
        {
            "url" => Uri.EscapeDataString(text),
            "form" => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal),
            "upper" => text.ToUpperInvariant(),
            "lower" => text.ToLowerInvariant(),
            "swap" => string.Concat(
                text.Select(character =>
                    char.IsUpper(character) ? char.ToLowerInvariant(character) : char.ToUpperInvariant(character)
                )
            ),
            "title" => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(text.ToLowerInvariant()),
            _ => throw new TraceException($"There is no filter {filter}."),
        };

    private static string AsText(JsonNode? value) =>
        value is JsonValue scalar && scalar.TryGetValue<string>(out var text) ? text : value?.ToJsonString() ?? "null";

    private static string RandomText() => Guid.NewGuid().ToString("N")[..10];

    [GeneratedRegex(
        @"\{\{\s*(?<name>[$\w.]+)(?:\[(?<index>-?\d+)\])?(?:\s*\|\s*(?<filter>\w+))*\s*\}\}",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Placeholder();
}
