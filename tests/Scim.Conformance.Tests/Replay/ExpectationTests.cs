using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;

namespace Scim.Conformance.Tests.Replay;

/// <summary>A runner that lets a wrong answer through would make every trace worthless: each operator is shown both ways.</summary>
internal sealed class ExpectationTests
{
    [TestCase("true", """{"equals": true}""")]
    [TestCase("1", """{"equals": 1.0}""")]
    [TestCase("""{"a":1,"b":2}""", """{"equals": {"b":2,"a":1}}""")]
    [TestCase(null, """{"notEquals": 1}""")]
    [TestCase("2", """{"notEquals": 1}""")]
    [TestCase("\"ABC\"", """{"equalsIgnoreCase": "abc"}""")]
    [TestCase("[1,2,2]", """{"equalsUnordered": [2,1,2]}""")]
    [TestCase("""{"a":{"b":1,"c":2},"d":3}""", """{"subset": {"a":{"b":1}}}""")]
    [TestCase("""[{"a":1},{"a":2,"b":3}]""", """{"subset": [{"a":2}]}""")]
    [TestCase("null", """{"exists": true}""")]
    [TestCase(null, """{"exists": false}""")]
    [TestCase(null, """{"absentOrEmpty": true}""")]
    [TestCase("null", """{"absentOrEmpty": true}""")]
    [TestCase("\"\"", """{"absentOrEmpty": true}""")]
    [TestCase("[]", """{"absentOrEmpty": true}""")]
    [TestCase("{}", """{"absentOrEmpty": true}""")]
    [TestCase("false", """{"type": "boolean"}""")]
    [TestCase("null", """{"type": "null"}""")]
    [TestCase("5", """{"type": ["string", "number"]}""")]
    [TestCase("[]", """{"type": "array"}""")]
    [TestCase("""["a","b"]""", """{"contains": "b"}""")]
    [TestCase("""[{"value":"x","display":"y"}]""", """{"contains": {"value":"x"}}""")]
    [TestCase("\"application/scim+json\"", """{"contains": "scim+json"}""")]
    [TestCase("""["a"]""", """{"notContains": "b"}""")]
    [TestCase(null, """{"notContains": "b"}""")]
    [TestCase("[1,2]", """{"count": 2}""")]
    [TestCase(null, """{"count": 0}""")]
    [TestCase("\"abc\"", """{"length": 3, "lengthAtLeast": 3, "lengthAtMost": 3}""")]
    [TestCase("[1,2,3]", """{"unique": true}""")]
    [TestCase("""[{"a":1,"b":1},{"a":1}]""", """{"every": {"a":1}}""")]
    [TestCase("\"W/abc\"", """{"matches": "^W/"}""")]
    [TestCase("2", """{"oneOf": [1,2]}""")]
    [TestCase("2", """{"gte": 2, "lte": 2}""")]
    public void A_right_value_is_accepted(string? actual, string assertion) =>
        Violations(actual, assertion).Should().BeEmpty();

    [TestCase("\"True\"", """{"equals": true}""")]
    [TestCase("1", """{"equals": true}""")]
    [TestCase("\"1\"", """{"equals": 1}""")]
    [TestCase("\"abc\"", """{"equals": "ABC"}""")]
    [TestCase(null, """{"equals": null}""")]
    [TestCase("1", """{"notEquals": 1}""")]
    [TestCase("\"abd\"", """{"equalsIgnoreCase": "abc"}""")]
    [TestCase(null, """{"equalsIgnoreCase": "abc"}""")]
    [TestCase("[1,2]", """{"equalsUnordered": [2,2]}""")]
    [TestCase("[1,2,3]", """{"equalsUnordered": [2,1]}""")]
    [TestCase("""{"a":{"b":2}}""", """{"subset": {"a":{"b":1}}}""")]
    [TestCase("""[{"a":1}]""", """{"subset": [{"a":2}]}""")]
    [TestCase(null, """{"subset": {}}""")]
    [TestCase(null, """{"exists": true}""")]
    [TestCase("1", """{"exists": false}""")]
    [TestCase("0", """{"absentOrEmpty": true}""")]
    [TestCase("false", """{"absentOrEmpty": true}""")]
    [TestCase("[null]", """{"absentOrEmpty": true}""")]
    [TestCase("\"true\"", """{"type": "boolean"}""")]
    [TestCase(null, """{"type": "null"}""")]
    [TestCase("5", """{"type": ["string", "array"]}""")]
    [TestCase("""["ab"]""", """{"contains": "b"}""")]
    [TestCase("""[{"value":"x"}]""", """{"contains": {"value":"z"}}""")]
    [TestCase(null, """{"contains": "b"}""")]
    [TestCase("""["b"]""", """{"notContains": "b"}""")]
    [TestCase("\"abc\"", """{"notContains": "b"}""")]
    [TestCase("[1]", """{"count": 2}""")]
    [TestCase(null, """{"count": 1}""")]
    [TestCase("7", """{"count": 0}""")]
    [TestCase("\"ab\"", """{"length": 3}""")]
    [TestCase("\"ab\"", """{"lengthAtLeast": 3}""")]
    [TestCase("\"abcd\"", """{"lengthAtMost": 3}""")]
    [TestCase("[1,2,1]", """{"unique": true}""")]
    [TestCase(null, """{"unique": true}""")]
    [TestCase("""[{"a":1},{"a":2}]""", """{"every": {"a":1}}""")]
    [TestCase(null, """{"every": {"a":1}}""")]
    [TestCase("\"abc\"", """{"matches": "^b"}""")]
    [TestCase("5", """{"matches": "5"}""")]
    [TestCase("3", """{"oneOf": [1,2]}""")]
    [TestCase(null, """{"oneOf": [1,2]}""")]
    [TestCase("1", """{"gte": 2}""")]
    [TestCase("3", """{"lte": 2}""")]
    [TestCase("\"3\"", """{"gte": 2}""")]
    [TestCase(null, """{"lte": 2}""")]
    [TestCase("[1,2]", """{"count": 2, "contains": 3}""")]
    public void A_wrong_value_is_refused(string? actual, string assertion) =>
        Violations(actual, assertion).Should().ContainSingle();

    [TestCase("""{"equal": 1}""")]
    [TestCase("""{"path": "$.a", "why": "no operator"}""")]
    public void An_assertion_that_says_nothing_known_is_an_error(string assertion)
    {
        var check = () => Violations("1", assertion);

        check.Should().Throw<TraceException>();
    }

    private static string[] Violations(string? actual, string assertion) =>
        [.. Expectation.Violations(actual is null ? null : JsonElement.Parse(actual), JsonElement.Parse(assertion))];
}
