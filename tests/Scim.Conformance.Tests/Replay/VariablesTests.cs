using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;

namespace Scim.Conformance.Tests.Replay;

internal sealed class VariablesTests
{
    [TestCase("{{name}}", "Ada+b c")]
    [TestCase("x={{name|url}}&", "x=Ada%2Bb%20c&")]
    [TestCase("{{name|form}}", "Ada%2Bb+c")]
    [TestCase("{{name|upper|form}}", "ADA%2BB+C")]
    [TestCase("{{name|lower}}", "ada+b c")]
    [TestCase("{{name|swap}}", "aDA+B C")]
    [TestCase("{{ids[1]}}-{{ids[-1]}}", "b-c")]
    [TestCase("{\"no\": \"placeholder\"}", "{\"no\": \"placeholder\"}")]
    public void Text_is_rendered(string template, string expected) =>
        Sample().RenderText(template).Should().Be(expected);

    [Test]
    public void The_title_filter_raises_each_word()
    {
        var variables = new Variables { ["name"] = "ada lOVELACE" };

        variables.RenderText("{{name|title}}").Should().Be("Ada Lovelace");
    }

    [TestCase(
        """{"n": "{{number}}", "t": "no {{number}}", "l": "{{ids}}"}""",
        """{"n":5,"t":"no 5","l":["a","b","c"]}"""
    )]
    [TestCase(
        """{"$map": {"over": "ids", "slice": [1, 9], "item": {"value": "{{item}}", "display": "{{itemIndex}}."}}}""",
        """[{"value":"b","display":"0."},{"value":"c","display":"1."}]"""
    )]
    [TestCase("""{"$map": {"over": "ids", "item": "{{item|upper}}"}}""", """["A","B","C"]""")]
    [TestCase("""[null, true, 1.50]""", "[null,true,1.50]")]
    public void A_body_keeps_its_types(string template, string expected) =>
        Sample().Render(JsonElement.Parse(template))!.ToJsonString().Should().Be(expected);

    [Test]
    public void The_run_is_the_same_throughout_a_replay_and_the_random_values_are_not()
    {
        var variables = new Variables();

        variables.RenderText("{{run}}").Should().Be(variables.RenderText("{{run}}"));
        variables.RenderText("{{run}}").Should().NotBe(new Variables().RenderText("{{run}}"));
        variables.RenderText("{{$uuid}}").Should().NotBe(variables.RenderText("{{$uuid}}"));
        variables.RenderText("{{$rand}}").Should().NotBe(variables.RenderText("{{$rand}}"));
        variables.RenderText("{{$now}}").Should().MatchRegex(@"^\d{4}-\d\d-\d\dT");
    }

    [TestCase("{{missing}}")]
    [TestCase("{{ids[3]}}")]
    [TestCase("{{name[0]}}")]
    [TestCase("{{name|reverse}}")]
    public void What_has_no_value_is_an_error(string template)
    {
        var render = () => Sample().RenderText(template);

        render.Should().Throw<TraceException>();
    }

    private static Variables Sample() =>
        new()
        {
            ["name"] = "Ada+b c",
            ["number"] = 5,
            ["ids"] = new JsonArray("a", "b", "c"),
        };
}
