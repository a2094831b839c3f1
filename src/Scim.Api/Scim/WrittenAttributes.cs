using System.Text.Json;

namespace Scim.Api.Scim;

/// <summary>
/// The names that a write's body mentions, in the form of <c>attributes</c>: an attribute that is returned on request is
/// answered to the client that wrote it (RFC 7643 §7). Only schemas that have such attributes pay for this second look.
/// </summary>
internal static class WrittenAttributes
{
    public static IReadOnlyList<string> In(ReadOnlyMemory<byte> body, Predicate<string> isExtension)
    {
        var names = new List<string>();
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return names;
            }

            var operations = Find(json.RootElement, "Operations");
            if (operations is not { ValueKind: JsonValueKind.Array })
            {
                Add("", json.RootElement);
                return names;
            }

            foreach (var operation in operations.Value.EnumerateArray())
            {
                var path = Find(operation, "path") is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";
                path = WithoutFilter(path);
                if (path.Length > 0)
                {
                    names.Add(path);
                }

                if (Find(operation, "value") is { } value)
                {
                    Add(path, value);
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not JSON that could be read: the command refuses it, with a better answer than could be given here.
            names.Clear();
        }

        return names;

        // A body nests three levels: an extension, its attribute, a part of that.
        void Add(string prefix, JsonElement value, int depth = 0)
        {
            if (value.ValueKind == JsonValueKind.Array)
            {
                foreach (var element in value.EnumerateArray())
                {
                    Add(prefix, element, depth + 1);
                }
            }
            else if (value.ValueKind == JsonValueKind.Object && depth < 6)
            {
                foreach (var member in value.EnumerateObject())
                {
                    var name = WithoutFilter(Join(prefix, member.Name));
                    names.Add(name);
                    Add(name, member.Value, depth + 1);
                }
            }
        }

        string Join(string prefix, string name) =>
            prefix.Length == 0 ? name
            : isExtension(prefix) ? prefix + ":" + name
            : prefix + "." + name;
    }

    private static JsonElement? Find(JsonElement json, string name)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (var member in json.EnumerateObject())
        {
            if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return member.Value;
            }
        }

        return null;
    }

    private static string WithoutFilter(string path)
    {
        var open = path.IndexOf('[', StringComparison.Ordinal);
        var close = path.LastIndexOf(']');
        return open < 0 || close < open ? path : string.Concat(path.AsSpan(0, open), path.AsSpan(close + 1));
    }
}
