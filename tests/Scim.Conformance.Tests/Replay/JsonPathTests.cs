using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;

namespace Scim.Conformance.Tests.Replay;

internal sealed class JsonPathTests
{
    private const string Body = """
        {
          "a": {"b": [1, 2, 3]},
          "urn:x:y": {"z": true},
          "none": [],
          "emails": [
            {"type": "work", "value": "w", "primary": true},
            {"type": "home", "value": "h"},
            {"type": "home", "value": "i", "order": 5}
          ]
        }
        """;

    [TestCase("$.a.b[0]", "1")]
    [TestCase("$.a.b[-1]", "3")]
    [TestCase("$.a.b[*]", "[1,2,3]")]
    [TestCase("$['urn:x:y'].z", "true")]
    [TestCase("$.emails[?(@.type=='work')].value", "\"w\"")]
    [TestCase("$.emails[?(@.primary==true)].type", "\"work\"")]
    [TestCase("$.emails[?(@.order == 5)].value", "\"i\"")]
    [TestCase("$.emails[?(@.type=='home')].value", "[\"h\",\"i\"]")]
    [TestCase("$.emails[*].type", "[\"work\",\"home\",\"home\"]")]
    [TestCase("$.none[*]", "[]")]
    [TestCase("$.missing[*].value", "[]")]
    public void A_path_finds_its_value(string path, string expected) =>
        JsonPath.Find(JsonElement.Parse(Body), path)!.Value.GetRawText().Should().Be(expected);

    [TestCase("$.A")]
    [TestCase("$.a.b[3]")]
    [TestCase("$.a.b[-4]")]
    [TestCase("$.emails.type")]
    [TestCase("$.emails[?(@.type=='other')].value")]
    [TestCase("$.emails[?(@.primary=='true')].value")]
    public void A_path_to_nothing_finds_nothing(string path) =>
        JsonPath.Find(JsonElement.Parse(Body), path).Should().BeNull();

    [TestCase("a.b")]
    [TestCase("$.a[b]")]
    [TestCase("$.a[?(@.x>1)]")]
    public void A_path_outside_the_format_is_an_error(string path)
    {
        var find = () => JsonPath.Find(JsonElement.Parse(Body), path);

        find.Should().Throw<TraceException>();
    }
}
