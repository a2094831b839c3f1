using System.Globalization;
using System.Text.Json;
using FluentAssertions;
using Scim.TestKit;

namespace Scim.Integration.Tests.OpenApi;

/// <summary>
/// What <c>docs/openapi.json</c> promises, held against everything that the tests send to the control plane and get from it:
/// each answer has a described status and fits its schema, and no body is accepted that does not fit the one of bodies.
/// </summary>
internal static class AdminContract
{
    public static readonly string File = Path.Combine(Repository.Root, "docs/openapi.json");

    private static readonly Lazy<JsonElement> Document = new(() =>
        JsonElement.Parse(System.IO.File.ReadAllBytes(File))
    );

    private static readonly Lazy<(string[] Segments, JsonElement Operations)[]> Paths = new(() =>
        [
            .. Document
                .Value.GetProperty("paths")
                .EnumerateObject()
                .Select(path => (path.Name.Split('/'), path.Value))
                // A path by its name comes before one with a parameter in its place.
                .OrderBy(path => path.Item1.Count(segment => segment.StartsWith('{'))),
        ]
    );

    public static void Check(string method, string path, string? body, ScimResponse answer)
    {
        answer.Header("Cache-Control").Should().Be("no-store", "{0} {1} is nobody's to keep", method, path);
        answer.Header("X-Content-Type-Options").Should().Be("nosniff", "{0} {1}", method, path);
        if (Find(method, path.Split('?')[0]) is not { } operation)
        {
            return;
        }

        var check = new SchemaCheck(Document.Value);
        var what = $"{method} {path} {answer}, by docs/openapi.json";
        operation
            .GetProperty("responses")
            .TryGetProperty(answer.Status.ToString(CultureInfo.InvariantCulture), out var described)
            .Should()
            .BeTrue(what);
        var type = answer.Header("Content-Type")?.Split(';')[0];
        if (answer.Text.Length > 0)
        {
            var content = check.Resolve(described).GetProperty("content");
            content.TryGetProperty(type ?? "none", out var media).Should().BeTrue(what);
            if (type!.EndsWith("json", StringComparison.Ordinal) && type != "application/x-ndjson")
            {
                check.Violations(media.GetProperty("schema"), answer.Json).Should().BeEmpty(what);
            }
        }

        if (!string.IsNullOrEmpty(body) && answer.Status < 300)
        {
            operation.TryGetProperty("requestBody", out var taken).Should().BeTrue(what);
            var schema = taken.GetProperty("content").GetProperty("application/json").GetProperty("schema");
            check.Violations(schema, JsonElement.Parse(body)).Should().BeEmpty(what);
        }
    }

    // Null for a path or a method that there is not.
    private static JsonElement? Find(string method, string path)
    {
        var segments = path.Split('/');
        foreach (var (template, operations) in Paths.Value)
        {
            if (
                template.Length == segments.Length
                && template.Zip(segments).All(pair => pair.First == pair.Second || pair.First.StartsWith('{'))
            )
            {
                return operations.TryGetProperty(
                    CultureInfo.InvariantCulture.TextInfo.ToLower(method),
                    out var operation
                )
                    ? operation
                    : null;
            }
        }

        return null;
    }
}
