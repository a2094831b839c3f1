using System.Globalization;
using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Conformance.Tests.Replay;

internal sealed class TraceReplayTests
{
    private readonly List<string> _sent = [];

    [Test]
    public async Task Requests_go_out_as_written_and_saved_values_are_used()
    {
        var report = await ReplayAsync(
            """
            {"vars": {"name": "Ada B"}, "steps": [
              {"title": "create", "request": {"method": "POST", "path": "/Users", "headers": {"User-Agent": null}, "body": {"userName": "{{name}}"}},
               "expect": {"status": 201}, "save": {"id": "$.id", "all[]": "$.id", "etag": "header:ETag"}},
              {"title": "read", "request": {"method": "GET", "path": "/Users?filter=x+eq+%22{{name|form}}%22&", "headers": {"If-Match": "{{etag}}", "X": ""}},
               "expect": {"status": [200, 404], "jsonPath": [{"path": "$.id", "equals": "{{id}}"}, {"path": "$.id", "equals": "{{all[0]}}"}]}}
            ]}
            """,
            Answer(201, """{"id": "7"}""", ("ETag", "W/\"1\"")),
            Answer(200, """{"id": "7"}""")
        );

        report.Failures.Should().BeEmpty();
        report.Requests.Should().Be(2);
        _sent
            .Should()
            .Equal(
                """POST /Users [User-Agent=null] {"userName":"Ada B"}""",
                """GET /Users?filter=x+eq+%22Ada+B%22& [If-Match=W/"1",X=] """
            );
    }

    [TestCase("""{"status": 201}""", "the status is 200")]
    [TestCase("""{"status": [201, 204]}""", "the status is 200")]
    [TestCase("""{"status": ["4xx"]}""", "the status is 200")]
    [TestCase("""{"status": ["2xx"], "jsonPath": [{"path": "$.id", "equals": "8"}]}""", "$.id: equals")]
    [TestCase("""{"status": 200, "whenBody": [{"path": "$.id", "equals": "8"}]}""", "$.id: equals")]
    [TestCase("""{"status": 200, "headers": {"Content-Type": {"contains": "xml"}}}""", "header Content-Type")]
    [TestCase("""{"status": 200, "headers": {"Location": {"exists": true}}}""", "header Location")]
    [TestCase("""{"status": 200, "bodyContains": ["secret"]}""", "does not contain secret")]
    [TestCase("""{"status": 200, "bodyNotContains": ["id"]}""", "contains id")]
    public async Task A_wrong_expectation_fails(string expect, string failure)
    {
        var report = await ReplayAsync(Step(expect), Answer(200, """{"id": "7"}"""));

        report.Failures.Should().ContainSingle().Which.Should().Contain(failure);
    }

    [Test]
    public async Task A_wrong_status_ends_the_checks_of_its_step()
    {
        var report = await ReplayAsync(
            Step("""{"status": 201, "jsonPath": [{"path": "$.x", "exists": true}]}"""),
            Answer(200, "{}")
        );

        report.Failures.Should().ContainSingle().Which.Should().Contain("the status is 200");
    }

    [Test]
    public async Task What_should_be_is_a_warning()
    {
        var report = await ReplayAsync(
            Step("""{"status": 200, "jsonPath": [{"path": "$.id", "equals": "8", "level": "should"}]}"""),
            Answer(200, """{"id": "7"}""")
        );

        report.Failures.Should().BeEmpty();
        report.Warnings.Should().ContainSingle();
    }

    [Test]
    public async Task An_answer_without_a_body_passes_whenBody_and_its_content_type_and_fails_jsonPath()
    {
        const string When =
            """{"status": 204, "headers": {"Content-Type": {"contains": "json"}}, "whenBody": [{"path": "$.id", "exists": true}]}""";
        const string Always = """{"status": 204, "jsonPath": [{"path": "$.id", "exists": false}]}""";

        (await ReplayAsync(Step(When), Answer(204, ""))).Failures.Should().BeEmpty();
        (await ReplayAsync(Step(Always), Answer(204, ""))).Failures.Should().ContainSingle();
    }

    [TestCase("$.missing")]
    [TestCase("header:Location")]
    public async Task Saving_from_nothing_fails(string source)
    {
        var step =
            $$$"""{"steps": [{"title": "t", "request": {"method": "GET", "path": "/"}, "save": {"x": "{{{source}}}"}}]}""";

        (await ReplayAsync(step, Answer(200, "{}"))).Failures.Should().ContainSingle();
    }

    [Test]
    public async Task A_step_is_repeated_with_its_number()
    {
        var report = await ReplayAsync(
            """{"steps": [{"title": "t", "repeat": 3, "wait": 0.01, "request": {"method": "GET", "path": "/{{i}}"}, "expect": {"status": 200}, "save": {"ids[]": "$.id"}}]}""",
            Answer(200, """{"id": 1}"""),
            Answer(200, """{"id": 2}"""),
            Answer(200, """{"id": 3}""")
        );

        report.Failures.Should().BeEmpty();
        _sent.Should().Equal("GET /0 [] ", "GET /1 [] ", "GET /2 [] ");
    }

    [TestCase("", 3, "[1,2]", "[3]")]
    [TestCase("\"advance\": \"received\",", 3, "[1]", "[2,3]")]
    public async Task Pages_that_hold_every_id_once_pass(string advance, int total, string first, string second)
    {
        var report = await ReplayAsync(
            Pages(advance),
            Answer(200, Page(total, first)),
            Answer(200, Page(total, second))
        );

        report.Failures.Should().BeEmpty();
        report.Requests.Should().Be(2);
        _sent[0].Should().Be("GET /?startIndex=1&count=2 [] ");
    }

    [TestCase(3, "[1,2]", "[2]", "an id is on more than one page")]
    [TestCase(4, "[1,2]", "[3]", "the pages hold 3 ids, totalResults says 4")]
    public async Task Pages_that_repeat_or_miss_an_id_fail(int total, string first, string second, string failure)
    {
        var report = await ReplayAsync(Pages(""), Answer(200, Page(total, first)), Answer(200, Page(total, second)));

        report.Failures.Should().ContainSingle().Which.Should().Contain(failure);
    }

    [Test]
    public async Task An_id_that_must_be_included_is_missed()
    {
        var report = await ReplayAsync(
            """
            {"vars": {"ids": ["a", "b"]}, "steps": [{"title": "t", "request": {"method": "GET", "path": "/"},
              "paginate": {"start": 1, "count": 9, "collect": "$.r[*]", "into": "seen", "includes": ["{{ids}}"]}}]}
            """,
            Answer(200, Page(1, "[\"a\"]"))
        );

        report.Failures.Should().ContainSingle().Which.Should().Contain("\"b\" is on no page");
    }

    private static string Pages(string advance) =>
        """
            {"steps": [{"title": "t", "request": {"method": "GET", "path": "/?startIndex={{startIndex}}&count={{count}}"},
              "expect": {"status": 200},
              "paginate": {"start": 1, "count": 2, ADVANCE "collect": "$.r[*]", "into": "seen", "includes": [1]}}]}
            """.Replace("ADVANCE", advance, StringComparison.Ordinal);

    private static string Page(int total, string ids) =>
        $$"""{"totalResults": {{total.ToString(CultureInfo.InvariantCulture)}}, "r": {{ids}}}""";

    private static string Step(string expect) =>
        $$"""{"steps": [{"title": "t", "request": {"method": "GET", "path": "/"}, "expect": {{expect}}}]}""";

    private static ScimResponse Answer(int status, string body, params (string Name, string Value)[] headers)
    {
        var all = headers.ToDictionary(header => header.Name, header => header.Value, StringComparer.OrdinalIgnoreCase);
        if (status != 204)
        {
            all["Content-Type"] = "application/scim+json";
        }

        return new ScimResponse(status, all, body);
    }

    private async Task<TraceReport> ReplayAsync(string trace, params ScimResponse[] answers)
    {
        _sent.Clear();
        var next = new Queue<ScimResponse>(answers);
        return await new TraceReplay(
            JsonElement.Parse(trace),
            (method, path, body, headers) =>
            {
                var listed = string.Join(',', headers.Select(header => $"{header.Name}={header.Value ?? "null"}"));
                _sent.Add($"{method} {path} [{listed}] {body}");
                return Task.FromResult(next.Dequeue());
            }
        ).RunAsync();
    }
}
