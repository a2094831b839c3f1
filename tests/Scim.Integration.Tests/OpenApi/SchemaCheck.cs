using System.Text.Json;

namespace Scim.Integration.Tests.OpenApi;

/// <summary>
/// Holds a value against a schema of the document, more strictly than JSON Schema does: a field that is not described is a
/// violation, since the document is to describe all of them.
/// </summary>
internal sealed class SchemaCheck(JsonElement document)
{
    public IReadOnlyList<string> Violations(JsonElement schema, JsonElement value) => [.. At("", schema, value)];

    public JsonElement Resolve(JsonElement schema)
    {
        while (schema.TryGetProperty("$ref", out var reference))
        {
            schema = document;
            foreach (var step in reference.GetString()!.Split('/').Skip(1))
            {
                schema = schema.GetProperty(step);
            }
        }

        return schema;
    }

    private IEnumerable<string> At(string path, JsonElement given, JsonElement value)
    {
        var schema = Resolve(given);
        foreach (var choice in (string[])["anyOf", "oneOf"])
        {
            if (
                schema.TryGetProperty(choice, out var choices)
                && choices.EnumerateArray().All(one => At(path, one, value).Any())
            )
            {
                yield return $"{path} is none of {choice}";
            }
        }

        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(one => Is(one, value)))
        {
            yield return $"{path} is {value.ValueKind}, not {type}";
            yield break;
        }

        if (schema.TryGetProperty("format", out var format) && !HasFormat(format.GetString()!, value))
        {
            yield return $"{path} is no {format}";
        }

        var parts = value.ValueKind switch
        {
            JsonValueKind.Object => Object(path, schema, value),
            JsonValueKind.Array when schema.TryGetProperty("items", out var items) => value
                .EnumerateArray()
                .SelectMany((item, index) => At($"{path}[{index}]", items, item)),
            _ => [],
        };
        foreach (var violation in parts)
        {
            yield return violation;
        }
    }

    private IEnumerable<string> Object(string path, JsonElement schema, JsonElement value)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            foreach (
                var name in required.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _))
            )
            {
                yield return $"{path}.{name} is missing";
            }
        }

        var isOpen = schema.TryGetProperty("additionalProperties", out var others);
        var isDescribed = schema.TryGetProperty("properties", out var properties);
        foreach (var field in value.EnumerateObject())
        {
            var at = $"{path}.{field.Name}";
            if (isDescribed && properties.TryGetProperty(field.Name, out var described))
            {
                foreach (var violation in At(at, described, field.Value))
                {
                    yield return violation;
                }
            }
            else if (isOpen && others.ValueKind == JsonValueKind.Object)
            {
                foreach (var violation in At(at, others, field.Value))
                {
                    yield return violation;
                }
            }
            else if (isDescribed || (isOpen && others.ValueKind == JsonValueKind.False))
            {
                yield return $"{at} is not described";
            }
        }
    }

    private static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array
            ? type.EnumerateArray().Select(one => one.GetString()!)
            : [type.GetString()!];

    private static bool Is(string type, JsonElement value) =>
        type switch
        {
            "null" => value.ValueKind == JsonValueKind.Null,
            "object" => value.ValueKind == JsonValueKind.Object,
            "array" => value.ValueKind == JsonValueKind.Array,
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "number" => value.ValueKind == JsonValueKind.Number,
            _ => false,
        };

    private static bool HasFormat(string format, JsonElement value) =>
        value.ValueKind != JsonValueKind.String
        || format switch
        {
            "uuid" => value.TryGetGuid(out _),
            "date-time" => value.TryGetDateTimeOffset(out _),
            _ => true,
        };
}
