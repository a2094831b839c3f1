using System.Globalization;
using System.Text.Json.Nodes;
using NUnit.Framework;

namespace Scim.TestKit;

/// <summary>Supplies whatever a test does not care about.</summary>
public static class Some
{
    public static DateTimeOffset Time { get; } = new(2026, 1, 15, 9, 30, 0, TimeSpan.Zero);

    /// <summary>
    /// A generator with a fresh seed, or the one in <c>SCIM_SEED</c>. The seed goes to the test's output, which is shown
    /// when it fails.
    /// </summary>
    public static Random Random()
    {
        var given = Environment.GetEnvironmentVariable("SCIM_SEED");
        var seed = given is { Length: > 0 }
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : System.Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed} (SCIM_SEED={seed} repeats this run)");
        return new Random(seed);
    }

    public static string Slug() => Unique("t");

    public static string Name() => Unique("Some ");

    public static string UserName() => Unique("user-") + "@example.com";

    public static JsonObject User(string? userName = null) =>
        new()
        {
            ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:User"),
            ["userName"] = userName ?? UserName(),
        };

    public static JsonObject Group(string? displayName = null, params string[] members)
    {
        var group = new JsonObject
        {
            ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:Group"),
            ["displayName"] = displayName ?? Name(),
        };
        if (members.Length > 0)
        {
            group["members"] = new JsonArray([.. members.Select(id => new JsonObject { ["value"] = id })]);
        }

        return group;
    }

    private static string Unique(string prefix) => prefix + Guid.NewGuid().ToString("N")[..12];
}
