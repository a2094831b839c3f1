using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Filters;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;
using Scim.TestKit;

namespace Scim.Integration.Tests.Search;

/// <summary>What the server derives, filtered in SQL, against the evaluator in memory over the answers that show it.</summary>
[TestFixtureSource(typeof(Databases))]
[Category(Soak.Property)]
[Property("Capability", "Filters on derived values find what the answers show: addresses, members, groups, versions")]
[Property("Rfc", "RFC 7644 §3.4.2.2")]
public sealed class DerivedFilterPropertyTests(DatabaseKind kind) : HttpTests(kind)
{
    private static readonly string[] OfUsers =
    [
        "meta.location",
        "groups.$ref",
        "groups.value",
        "groups.display",
        "groups.type",
        Messages.Enterprise + ":manager.$ref",
        Messages.Enterprise + ":manager.displayName",
        "meta.resourceType",
    ];

    private static readonly string[] OfGroups =
    [
        "meta.location",
        "meta.version",
        "members.$ref",
        "members.value",
        "members.display",
        "members.type",
        "meta.resourceType",
    ];

    [Test]
    public async Task Sql_and_memory_agree()
    {
        var random = Some.Random();
        using var tenant = await TenantAsync();
        await FillAsync(tenant, random);
        var users = await ReadAsync(tenant, ResourceSchema.User());
        var groups = await ReadAsync(tenant, ResourceSchema.Group());

        for (var left = Soak.Count(60, 5_000); left > 0; left--)
        {
            await AgreeAsync(tenant, ResourceSchema.User(), OfUsers, users, random);
            await AgreeAsync(tenant, ResourceSchema.Group(), OfGroups, groups, random);
        }
    }

    private static async Task FillAsync(TestTenant tenant, Random random)
    {
        var users = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            var user = Some.User();
            if (i > 0 && random.Next(2) == 0)
            {
                var manager = random.Next(4) == 0 ? Guid.NewGuid().ToString() : users[random.Next(i)];
                user[Messages.Enterprise] = new JsonObject { ["manager"] = new JsonObject { ["value"] = manager } };
            }

            users.Add((await tenant.Client.PostAsync("/Users", user).Expecting(201)).Id);
        }

        var groups = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            var members = users.Concat(groups).Where(_ => random.Next(5) == 0).ToArray();
            groups.Add((await tenant.Client.PostAsync("/Groups", Some.Group(null, members)).Expecting(201)).Id);
        }

        for (var i = 0; i < 8; i++)
        {
            await tenant
                .Client.PatchAsync(
                    "/Groups/" + groups[random.Next(groups.Count)],
                    Messages.AddMembers(users[random.Next(users.Count)])
                )
                .Expecting(204);
        }
    }

    private static async Task<(string Id, ComplexValue Shown)[]> ReadAsync(TestTenant tenant, ResourceSchema schema) =>
        [
            .. (await tenant.Client.GetAsync(schema.Endpoint).Expecting(200))
                .Resources()
                .Select(resource => (resource.GetProperty("id").GetString()!, Bind(resource, schema.Root))),
        ];

    private static async Task AgreeAsync(
        TestTenant tenant,
        ResourceSchema schema,
        string[] paths,
        (string Id, ComplexValue Shown)[] resources,
        Random random
    )
    {
        var text = Filter(schema, paths, [.. resources.Select(resource => resource.Shown)], random, depth: 0);
        var filter = FilterParser.Parse(text, schema, new DeviationLog(ClientProfile.Strict), new FilterLimits());

        var found = await tenant
            .Client.GetAsync($"{schema.Endpoint}?filter={Uri.EscapeDataString(text)}")
            .Expecting(200);

        found
            .Ids()
            .Should()
            .BeEquivalentTo(
                resources.Where(resource => filter.Matches(resource.Shown)).Select(resource => resource.Id),
                text
            );
    }

    private static string Filter(ResourceSchema schema, string[] paths, ComplexValue[] shown, Random random, int depth)
    {
        string Again() => Filter(schema, paths, shown, random, depth + 1);
        var path = paths[random.Next(paths.Length)];
        var dot = path.LastIndexOf('.');
        return (depth > 2 ? 9 : random.Next(10)) switch
        {
            0 => $"({Again()} and {Again()})",
            1 => $"({Again()} or {Again()})",
            2 => $"not ({Again()})",
            3 => $"{path[..dot]}[{Comparison(path, path[(dot + 1)..])}]",
            4 => $"{path[..dot]}[not ({Comparison(path, path[(dot + 1)..])})]",
            _ => Comparison(path, path),
        };

        string Comparison(string of, string name)
        {
            string[] operators = ["eq", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"];
            var comparison = operators[random.Next(operators.Length)];
            return comparison == "pr"
                ? name + " pr"
                : $"{name} {comparison} {JsonSerializer.Serialize(Operand(of, comparison))}";
        }

        // A value that some resource shows, or a part of it, or nearly it.
        string Operand(string of, string comparison)
        {
            var values = shown
                .SelectMany(resource => Texts(AttributePath.Resolve(schema, of, out _)!, resource))
                .ToArray();
            var value = values.Length == 0 ? "none" : values[random.Next(values.Length)];
            return (comparison, random.Next(4)) switch
            {
                (_, 0) => value + "x",
                ("co" or "ew", _) => value[random.Next(value.Length)..],
                ("sw" or "gt" or "lt", _) => value[..random.Next(value.Length + 1)],
                _ => value,
            };
        }
    }

    private static IEnumerable<string> Texts(AttributePath path, ComplexValue resource)
    {
        var holder = path.Extension is null ? resource : resource[path.Extension] as ComplexValue;
        Value?[] elements = holder?[path.Attribute] is ListValue list ? [.. list.Items] : [holder?[path.Attribute]];
        return elements.OfType<ComplexValue>().Select(element => element.Text(path.Sub)).OfType<string>();
    }

    // An answer as a document, with what the server derived: the reader of the product leaves that out.
    private static ComplexValue Bind(JsonElement json, AttributeTable table)
    {
        var slots = new Value?[table.Count];
        foreach (var property in json.EnumerateObject())
        {
            var attribute = table.Find(property.Name)!;
            slots[attribute.Index] =
                property.Value.ValueKind == JsonValueKind.Array
                    ? ListValue.Of([.. property.Value.EnumerateArray().Select(item => Bind(item, attribute))])
                    : Bind(property.Value, attribute);
        }

        return ComplexValue.Of(table, slots);
    }

    private static Value Bind(JsonElement json, AttributeDefinition attribute) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => Bind(json, attribute.Attributes),
            JsonValueKind.True or JsonValueKind.False => BooleanValue.Of(json.GetBoolean()),
            _ when attribute.Type == AttributeType.DateTime => DateTimeValue.Parse(json.GetString()!)!,
            _ => new TextValue(json.GetString()!),
        };
}
