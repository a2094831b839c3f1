using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;

namespace Scim.Domain.Tests;

public sealed record UserJson(string Json)
{
    internal Document Document => Some.Read(Json).Document;
}

public sealed record OperationJson(string Json);

public sealed record FilterText(string Text);

public sealed record AnyText(string Text);

public sealed record NamedAttributes(string[] Names);

public sealed record Noise(byte[] Bytes)
{
    public override string ToString() => Convert.ToBase64String(Bytes);
}

/// <summary>Random users, operations and filters over every attribute that a client may write.</summary>
public static class Arbitraries
{
    private static readonly string[] Texts =
    [
        "a",
        "A",
        "work",
        "home",
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
        "\u2028",
        "é",
        "e\u0301",
        "ΰ",
        "ᾳ",
        "x]y",
        "(z)",
        "%_",
        " space ",
        "\uE000",
        "\uFFFD",
    ];

    public static Arbitrary<UserJson> Users() => From(random => new UserJson(User(random).ToJsonString()));

    public static Arbitrary<OperationJson> Operations() => From(random => new OperationJson(Operation(random)));

    public static Arbitrary<FilterText> Filters() => From(random => new FilterText(Filter(random, 0)));

    public static Arbitrary<AnyText> AnyTexts() => From(random => new AnyText(Text(random)));

    public static Arbitrary<NamedAttributes> Names() =>
        From(random => new NamedAttributes([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Path(random))]));

    public static Arbitrary<Noise> Noises() => From(random => new Noise(Mutate(random, Bytes(random))));

    private static Arbitrary<T> From<T>(Func<Random, T> make) =>
        Arb.From(Gen.Choose(0, int.MaxValue - 1).Select(seed => make(new Random(seed))));

    private static bool Writable(AttributeDefinition attribute) =>
        !attribute.Derived
        && !attribute.Relation
        && attribute.Mutability is Mutability.ReadWrite or Mutability.Immutable
        && attribute.Path is not "meta";

    private static JsonObject User(Random random)
    {
        var json = new JsonObject { ["schemas"] = new JsonArray(Urns.User) };
        foreach (var attribute in Some.AcmeSchema.Root.Where(Writable))
        {
            if (attribute.Name == "userName")
            {
                // White space alone is no name.
                json[attribute.Name] = "u" + (string)Value(random, attribute)!;
            }
            else if (random.Next(3) == 0)
            {
                json[attribute.Name] = Value(random, attribute);
            }
        }

        return json;
    }

    private static JsonNode Value(Random random, AttributeDefinition attribute)
    {
        if (!attribute.MultiValued)
        {
            return Single(random, attribute);
        }

        var items = new JsonArray();
        var primary = false;
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var item = Single(random, attribute);
            if (item is JsonObject element && element["primary"] is { } flag && (bool)flag)
            {
                element["primary"] = !primary;
                primary = true;
            }

            items.Add(item);
        }

        return items;
    }

    private static JsonNode Single(Random random, AttributeDefinition attribute)
    {
        switch (attribute.Type)
        {
            case AttributeType.Boolean:
                return random.Next(2) == 0;
            case AttributeType.Integer:
                return random.Next(4) switch
                {
                    0 => long.MaxValue,
                    1 => long.MinValue,
                    _ => random.Next(-3, 4),
                };
            case AttributeType.Decimal:
                return random.Next(3) switch
                {
                    0 => random.NextDouble() * 1e300,
                    1 => -1.5e-300,
                    _ => random.Next(-2, 3) / 2.0,
                };
            case AttributeType.DateTime:
                return new[]
                {
                    "2011-05-13T04:42:34Z",
                    "2011-05-13T06:42:34+02:00",
                    "2011-05-13T04:42:34.1234567Z",
                    "2011-05-13T04:42:34.123456789Z",
                    "1999-12-31T23:59:59",
                }[random.Next(5)];
            case AttributeType.Binary:
                return Convert.ToBase64String(Encoding.UTF8.GetBytes(Text(random)));
            case AttributeType.Complex:
                var json = new JsonObject();
                foreach (var sub in attribute.Attributes.Where(Writable).Where(_ => random.Next(2) == 0))
                {
                    json[sub.Name] = Value(random, sub);
                }

                var any = attribute.Attributes.First(Writable);
                if (json.Count == 0)
                {
                    json[any.Name] = Value(random, any);
                }

                return json;
            default:
                return Text(random);
        }
    }

    private static string Text(Random random)
    {
        if (random.Next(3) > 0)
        {
            return Texts[random.Next(Texts.Length)];
        }

        var text = new StringBuilder();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var code = random.Next(4) switch
            {
                0 => random.Next(0x20, 0x7F),
                1 => random.Next(0xA0, 0x600),
                2 => random.Next(0x1E00, 0x2200),
                _ => random.Next(0x10000, 0x1F700),
            };
            text.Append(new Rune(code));
        }

        return text.ToString();
    }

    private static AttributeDefinition Pick(Random random, AttributeTable table)
    {
        var some = table.Where(Writable).ToArray();
        return some[random.Next(some.Length)];
    }

    private static string Path(Random random)
    {
        var attribute = Pick(random, Some.AcmeSchema.Root);
        if (attribute.IsExtension && random.Next(4) > 0)
        {
            attribute = Pick(random, attribute.Attributes);
        }

        if (attribute is { Type: AttributeType.Complex, IsExtension: false } && random.Next(2) == 0)
        {
            attribute = Pick(random, attribute.Attributes);
        }

        return attribute.Path;
    }

    private static string Operation(Random random)
    {
        var op = new[] { "add", "replace", "remove", "Add", "Replace" }[random.Next(5)];
        var attribute = Pick(random, Some.AcmeSchema.Root);
        if (attribute.IsExtension && random.Next(5) > 0)
        {
            attribute = Pick(random, attribute.Attributes);
        }

        if (op != "remove" && random.Next(5) == 0)
        {
            return Patches.Operation(
                op,
                null,
                new JsonObject { [attribute.Path] = Maybe(random, attribute) }.ToJsonString()
            );
        }

        var path = attribute.Path;
        var target = attribute;
        if (attribute is { Type: AttributeType.Complex, IsExtension: false } && random.Next(3) > 0)
        {
            if (attribute.MultiValued && random.Next(3) > 0)
            {
                path += $"[{ElementFilter(random, attribute)}]";
            }

            if (random.Next(2) == 0)
            {
                target = Pick(random, attribute.Attributes);
                path += "." + target.Name;
            }
            else if (path.Contains('[', StringComparison.Ordinal))
            {
                return Patches.Operation(op, path, op == "remove" ? null : Single(random, attribute).ToJsonString());
            }
        }

        return Patches.Operation(
            op,
            path,
            op == "remove" && random.Next(4) > 0 ? null : Maybe(random, target)?.ToJsonString() ?? "null"
        );
    }

    private static JsonNode? Maybe(Random random, AttributeDefinition attribute) =>
        random.Next(8) == 0 ? null : Value(random, attribute);

    private static string ElementFilter(Random random, AttributeDefinition attribute)
    {
        var first = Comparison(random, Pick(random, attribute.Attributes), random.Next(3) > 0);
        return random.Next(4) == 0
            ? $"{first} and {Comparison(random, Pick(random, attribute.Attributes), true)}"
            : first;
    }

    private static string Comparison(Random random, AttributeDefinition attribute, bool equality, string? name = null)
    {
        name ??= attribute.Name;
        if (random.Next(10) == 0)
        {
            return name + " pr";
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
        var value = Single(random, attribute);
        return $"{name} {(equality ? "eq" : operators[random.Next(operators.Length)])} {value.ToJsonString()}";
    }

    private static string Filter(Random random, int depth)
    {
        switch (depth > 3 ? 9 : random.Next(10))
        {
            case 0:
                return $"{Filter(random, depth + 1)} and {Filter(random, depth + 1)}";
            case 1:
                return $"{Filter(random, depth + 1)} OR {Filter(random, depth + 1)}";
            case 2:
                return $"not ({Filter(random, depth + 1)})";
            case 3:
                return $"({Filter(random, depth + 1)})";
            case 4:
                var list = new[] { "emails", "addresses", "roles", Some.AcmeUrn + ":devices" }[random.Next(4)];
                return $"{list}[{ElementFilter(random, Some.AcmeSchema.Find(list.Split(':')[^1])!.Value.Attribute)}]";
            default:
                var attribute = Pick(random, Some.AcmeSchema.Root);
                attribute = attribute.IsExtension ? Pick(random, attribute.Attributes) : attribute;
                attribute = attribute.Type == AttributeType.Complex ? Pick(random, attribute.Attributes) : attribute;
                return Comparison(random, attribute, false, attribute.Path);
        }
    }

    private static byte[] Bytes(Random random) =>
        Encoding.UTF8.GetBytes(
            random.Next(2) == 0 ? User(random).ToJsonString() : Patches.Message(Operation(random), Operation(random))
        );

    private static byte[] Mutate(Random random, byte[] bytes)
    {
        var list = bytes.ToList();
        for (var i = random.Next(1, 6); i > 0 && list.Count > 0; i--)
        {
            var at = random.Next(list.Count);
            switch (random.Next(5))
            {
                case 0:
                    list.RemoveAt(at);
                    break;
                case 1:
                    list[at] = (byte)random.Next(256);
                    break;
                case 2:
                    list.InsertRange(at, "[{\"\\:,"u8.ToArray()[random.Next(7)..]);
                    break;
                case 3:
                    var size = Math.Min(random.Next(1, 12), list.Count - at);
                    list.InsertRange(random.Next(list.Count), list.GetRange(at, size));
                    break;
                default:
                    list.InsertRange(
                        at,
                        Encoding.UTF8.GetBytes(
                            new[]
                            {
                                "null",
                                "1e999",
                                "\"\\ud800\"",
                                "\"\\u0000\"",
                                "{}",
                                "[]",
                                "true",
                                "\"\"",
                                "-0",
                                "\"value\":",
                            }[random.Next(10)]
                        )
                    );
                    break;
            }
        }

        return [.. list];
    }
}
