using System.Text;
using System.Text.Json.Nodes;
using Scim.Domain.Schemas;

namespace Scim.Integration.Tests.Search;

/// <summary>A random extension schema, and users and filters over every attribute of it and of the core schema.</summary>
internal sealed class RandomDirectory
{
    public const string Urn = "urn:example:params:scim:schemas:extension:random:2.0:User";

    private const string UniqueText = "stringOne0";

    private const string UniqueNumbers = "integer-many_2";

    private static readonly string[] Texts =
    [
        "a",
        "A",
        "work",
        "WORK",
        "bjensen@example.com",
        "BJensen@Example.com",
        "Straße",
        "STRASSE",
        "İstanbul",
        "ﬁn",
        "fin",
        "日本語",
        "🙂 smile",
        "quote \" back \\ slash",
        "line\nbreak\ttab",
        "é",
        "e\u0301",
        "ΰ",
        "x]y",
        "(z)",
        "%_",
        " space ",
        "'; --",
        "true",
        "5",
        "$1",
        "\uE000",
        "\uFFFD",
        "\U0010FFFD",
    ];

    private static readonly string[] Mutabilities = ["readWrite", "readWrite", "immutable", "readOnly"];

    private static readonly string[] Returned = ["default", "always", "request"];

    private static readonly string[] Times =
    [
        "2011-05-13T04:42:34Z",
        "2011-05-13T06:42:34+02:00",
        "2011-05-13T04:42:34.1234567Z",
        "2011-05-13T04:42:34.5Z",
        "1999-12-31T23:59:59-14:00",
    ];

    private static readonly HashSet<string> Skipped = ["id", "schemas", "meta", "password", "groups"];

    private readonly Random _random;

    public RandomDirectory(Random random)
    {
        _random = random;
        SchemaJson = Schema();
        Resource = ResourceSchema.User(SchemaDocument.ReadExtension(Encoding.UTF8.GetBytes(SchemaJson)));
    }

    public string SchemaJson { get; }

    public ResourceSchema Resource { get; }

    public JsonObject User(int number)
    {
        var user = new JsonObject { ["schemas"] = new JsonArray(Urns.User) };
        Fill(user, Resource.Root, 4);
        if (user[Urn] is JsonObject extension)
        {
            Part(extension, number);
        }

        user["userName"] = $"{Text()} {number}";
        user["active"] ??= _random.Next(2) == 0; // The server would assign it.
        return user;
    }

    public string Filter(int depth = 0)
    {
        switch (depth > 3 ? 9 : _random.Next(10))
        {
            case 0:
                return $"{Filter(depth + 1)} and {Filter(depth + 1)}";
            case 1:
                return $"{Filter(depth + 1)} or {Filter(depth + 1)}";
            case 2:
                return $"not ({Filter(depth + 1)})";
            case 3:
                return $"({Filter(depth + 1)})";
            case 4 or 5:
                var holder = Pick(Attributes().Where(attribute => attribute.Type == AttributeType.Complex));
                return $"{holder.Path}[{Element(holder, depth + 2)}]";
            default:
                var attribute = Pick(Attributes());
                if (attribute.Type == AttributeType.Complex)
                {
                    if (_random.Next(6) == 0)
                    {
                        return attribute.Path + " pr";
                    }

                    attribute = Pick(Usable(attribute.Attributes));
                }

                return Comparison(attribute, attribute.Path);
        }
    }

    private string Element(AttributeDefinition holder, int depth)
    {
        switch (depth > 3 ? 9 : _random.Next(8))
        {
            case 0:
                return $"{Element(holder, depth + 1)} and {Element(holder, depth + 1)}";
            case 1:
                return $"({Element(holder, depth + 1)} or {Element(holder, depth + 1)})";
            case 2:
                return $"not ({Element(holder, depth + 1)})";
            default:
                var sub = Pick(Usable(holder.Attributes));
                return Comparison(sub, sub.Name);
        }
    }

    private string Comparison(AttributeDefinition attribute, string name)
    {
        if (_random.Next(3) == 0)
        {
            name = _random.Next(2) == 0 ? name.ToUpperInvariant() : name.ToLowerInvariant();
        }

        switch (_random.Next(12))
        {
            case 0:
                return name + " pr";
            case 1:
                return name + (_random.Next(2) == 0 ? " eq null" : " ne null");
        }

        string[] operators = attribute.Type switch
        {
            AttributeType.Boolean => ["eq", "ne"],
            AttributeType.Binary => ["eq", "ne", "co", "sw", "ew"],
            AttributeType.Integer or AttributeType.Decimal or AttributeType.DateTime =>
            [
                "eq",
                "ne",
                "gt",
                "ge",
                "lt",
                "le",
            ],
            _ => ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
        };
        var comparison = operators[_random.Next(operators.Length)];
        var value = Single(attribute);
        if (comparison is "co" or "sw" or "ew" && (string)value! is { Length: > 1 } text && _random.Next(2) == 0)
        {
            var runes = text.EnumerateRunes().ToArray();
            var start = comparison == "sw" ? 0 : _random.Next(runes.Length);
            var end = comparison == "ew" ? runes.Length : _random.Next(start, runes.Length + 1);
            value = string.Concat(runes[start..end].Select(rune => rune.ToString()));
        }

        return $"{name} {comparison} {value.ToJsonString()}";
    }

    private IEnumerable<AttributeDefinition> Attributes() =>
        Usable(Resource.Root)
            .SelectMany(attribute => attribute.IsExtension ? Usable(attribute.Attributes) : [attribute]);

    private static IEnumerable<AttributeDefinition> Usable(IEnumerable<AttributeDefinition> attributes) =>
        attributes.Where(attribute => !attribute.Derived && !Skipped.Contains(attribute.Path));

    // No two users have a unique value in common.
    private static void Part(JsonObject extension, int number)
    {
        foreach (var (name, value) in extension.ToArray())
        {
            switch (value)
            {
                case JsonValue when name == UniqueText:
                    extension[name] = $"{(string)value!} {number}";
                    break;
                case JsonArray list when name == UniqueNumbers:
                    extension[name] = new JsonArray([.. list.Select((_, i) => (JsonNode)((10 * number) + i))]);
                    break;
            }
        }
    }

    private void Fill(JsonObject json, IEnumerable<AttributeDefinition> attributes, int oneIn)
    {
        foreach (var attribute in Usable(attributes))
        {
            if (_random.Next(oneIn) != 0 && !attribute.IsExtension)
            {
                continue;
            }

            json[attribute.Name] = Value(attribute);
        }
    }

    private JsonNode Value(AttributeDefinition attribute)
    {
        if (!attribute.MultiValued)
        {
            return Single(attribute);
        }

        var items = new JsonArray();
        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            var item = Single(attribute);
            if (items.Count > 0 && item is JsonObject element)
            {
                element.Remove("primary");
            }

            if (item is not JsonObject { Count: 0 })
            {
                items.Add(item);
            }
        }

        return items;
    }

    private JsonNode Single(AttributeDefinition attribute)
    {
        switch (attribute.Type)
        {
            case AttributeType.Boolean:
                return _random.Next(2) == 0;
            case AttributeType.Integer:
                return _random.Next(5) switch
                {
                    0 => long.MaxValue,
                    1 => long.MinValue,
                    _ => _random.Next(-3, 4),
                };
            case AttributeType.Decimal:
                return _random.Next(3) switch
                {
                    0 => _random.NextDouble() * 1e300,
                    1 => -1.5e-300,
                    _ => _random.Next(-2, 3) / 2.0,
                };
            case AttributeType.DateTime:
                return Times[_random.Next(Times.Length)];
            case AttributeType.Binary:
                return Convert.ToBase64String(Encoding.UTF8.GetBytes(Text()));
            case AttributeType.Reference:
                return $"https://example.com/{_random.Next(3)}";
            case AttributeType.Complex:
                var json = new JsonObject();
                Fill(json, attribute.Attributes, 2);
                return json;
            default:
                return attribute.CanonicalValues.Count > 0 && _random.Next(2) == 0
                    ? attribute.CanonicalValues[_random.Next(attribute.CanonicalValues.Count)]
                    : Text();
        }
    }

    private string Text() => Texts[_random.Next(Texts.Length)];

    private T Pick<T>(IEnumerable<T> from)
    {
        var all = from.ToArray();
        return all[_random.Next(all.Length)];
    }

    private string Schema()
    {
        string[] types = ["string", "boolean", "integer", "decimal", "dateTime", "binary", "reference"];
        JsonObject Simple(string name, string type, bool multiValued)
        {
            var attribute = new JsonObject
            {
                ["name"] = name,
                ["type"] = type,
                ["multiValued"] = multiValued,
                ["caseExact"] = type == "binary" || _random.Next(2) == 0,
                ["mutability"] = name is UniqueText or UniqueNumbers
                    ? "readWrite"
                    : Mutabilities[_random.Next(Mutabilities.Length)],
                ["returned"] = Returned[_random.Next(Returned.Length)],
                ["uniqueness"] = name is UniqueText or UniqueNumbers ? "server" : "none",
            };
            if (type == "reference")
            {
                attribute["referenceTypes"] = new JsonArray("external");
            }

            return attribute;
        }

        var attributes = new JsonArray();
        foreach (var (type, i) in types.Select((type, i) => (type, i)))
        {
            attributes.Add(Simple($"{type}One{i}", type, multiValued: false));
            attributes.Add(Simple($"{type}-many_{i}", type, multiValued: true));
        }

        for (var i = 0; i < 3; i++)
        {
            var subs = new JsonArray(Simple("value", types[_random.Next(types.Length)], multiValued: false));
            foreach (var type in types.Where(_ => _random.Next(2) == 0))
            {
                subs.Add(Simple($"sub{type}", type, multiValued: false));
            }

            if (i == 0)
            {
                subs.Add(Simple("primary", "boolean", multiValued: false));
                subs.Add(Simple("$ref", "reference", multiValued: false));
            }

            attributes.Add(
                new JsonObject
                {
                    ["name"] = $"complex{i}",
                    ["type"] = "complex",
                    ["multiValued"] = i < 2,
                    ["subAttributes"] = subs,
                }
            );
        }

        return new JsonObject
        {
            ["id"] = Urn,
            ["name"] = "Random",
            ["attributes"] = attributes,
        }.ToJsonString();
    }
}
