using System.Globalization;
using System.Text.Json;
using FluentAssertions;
using Scim.TestKit;

namespace Scim.Integration.Tests.Protocol;

/// <summary>Looks into answers, and says what every answer of a kind must be.</summary>
internal static class Answers
{
    // What would tell a stranger how the service is made.
    private static readonly string[] Internals =
    [
        "Exception",
        "System.",
        "Scim.",
        "Npgsql",
        "Sqlite",
        "SQLSTATE",
        "select *",
        " where tenant_id",
        "   at ",
        ".cs:",
        "/src/",
    ];

    /// <summary>The value at a path such as <c>emails/0/value</c>: text as it is, anything else as JSON; null when absent.</summary>
    public static string? At(this ScimResponse response, string path) =>
        Find(response.Json, path) is { } found
            ? found.ValueKind == JsonValueKind.String
                ? found.GetString()
                : found.GetRawText()
            : null;

    public static int Count(this ScimResponse response, string path) =>
        Find(response.Json, path) is { } found ? found.GetArrayLength() : 0;

    /// <summary>The names of the object at a path; of the answer itself when there is none.</summary>
    public static IEnumerable<string> Names(this ScimResponse response, string path = "") =>
        (path.Length == 0 ? response.Json : Find(response.Json, path)!.Value)
            .EnumerateObject()
            .Select(member => member.Name);

    /// <summary>The texts at <paramref name="inner"/> of each element of the array at <paramref name="path"/>.</summary>
    public static IEnumerable<string?> Each(this ScimResponse response, string path, string inner) =>
        Enumerable.Range(0, response.Count(path)).Select(i => response.At($"{path}/{i}/{inner}"));

    public static ScimResponse ShouldBe(this ScimResponse response, int status)
    {
        response.Status.Should().Be(status, response.Text);
        return response;
    }

    /// <summary>A SCIM error as RFC 7644 §3.12 has it, clear and silent about the inside.</summary>
    public static ScimResponse ShouldBeError(this ScimResponse response, int status, string? scimType = null)
    {
        response.ShouldBe(status);
        response.Header("Content-Type").Should().StartWith("application/scim+json");
        response.At("schemas").Should().Be("""["urn:ietf:params:scim:api:messages:2.0:Error"]""");
        response.Json.GetProperty("status").GetString().Should().Be(status.ToString(CultureInfo.InvariantCulture));
        response.At("scimType").Should().Be(scimType, response.Text);
        response.At("detail").Should().NotBeNullOrWhiteSpace();
        response.Text.Should().NotContainAny(Internals);
        return response;
    }

    private static JsonElement? Find(JsonElement json, string path)
    {
        foreach (var step in path.Split('/'))
        {
            if (json.ValueKind == JsonValueKind.Array)
            {
                var index = int.Parse(step, CultureInfo.InvariantCulture);
                if (index >= json.GetArrayLength())
                {
                    return null;
                }

                json = json[index];
            }
            else if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(step, out json))
            {
                return null;
            }
        }

        return json;
    }
}
