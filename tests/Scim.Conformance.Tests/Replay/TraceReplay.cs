using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scim.TestKit;

namespace Scim.Conformance.Tests.Replay;

/// <summary>How a request of a trace goes out; a null header value means that the header is not sent.</summary>
internal delegate Task<ScimResponse> SendRequest(
    string method,
    string path,
    string? body,
    (string Name, string? Value)[] headers
);

/// <summary>What a replay found: <c>must</c> assertions fail a trace, <c>should</c> ones are reported.</summary>
internal sealed record TraceReport(IReadOnlyList<string> Failures, IReadOnlyList<string> Warnings, int Requests);

/// <summary>Replays one trace: the requests of a client in their order, each answer held against what is expected.</summary>
internal sealed class TraceReplay(JsonElement trace, SendRequest send)
{
    private const int MaxPages = 1000;

    private readonly Variables _variables = new();
    private readonly List<string> _failures = [];
    private readonly List<string> _warnings = [];
    private string _step = "";
    private int _requests;

    public async Task<TraceReport> RunAsync()
    {
        if (trace.TryGetProperty("vars", out var variables))
        {
            foreach (var variable in variables.EnumerateObject())
            {
                _variables[variable.Name] = _variables.Render(variable.Value);
            }
        }

        foreach (var (number, step) in trace.GetProperty("steps").EnumerateArray().Index())
        {
            _step = $"step {number + 1} ({step.GetProperty("title").GetString()})";
            try
            {
                await RunStepAsync(step);
            }
            catch (TraceException exception)
            {
                Fail(exception.Message);
            }
        }

        return new TraceReport(_failures, _warnings, _requests);
    }

    private async Task RunStepAsync(JsonElement step)
    {
        if (step.TryGetProperty("wait", out var wait))
        {
            await Task.Delay(TimeSpan.FromSeconds(wait.GetDouble()));
        }

        if (step.TryGetProperty("paginate", out var paginate))
        {
            await PaginateAsync(step, paginate);
            return;
        }

        if (!step.TryGetProperty("repeat", out var repeat))
        {
            await ExchangeAsync(step);
            return;
        }

        for (var i = 0; i < repeat.GetInt32(); i++)
        {
            _variables["i"] = i;
            await ExchangeAsync(step);
        }

        _variables.Forget("i");
    }

    /// <summary>One request and its answer; null when the status was not the expected one.</summary>
    private async Task<ScimResponse?> ExchangeAsync(JsonElement step)
    {
        var response = await SendAsync(step.GetProperty("request"));
        if (step.TryGetProperty("expect", out var expect) && !Check(expect, response))
        {
            return null;
        }

        if (step.TryGetProperty("save", out var save))
        {
            foreach (var entry in save.EnumerateObject())
            {
                Save(entry.Name, entry.Value.GetString()!, response);
            }
        }

        return response;
    }

    private Task<ScimResponse> SendAsync(JsonElement request)
    {
        string? body = null;
        if (request.TryGetProperty("rawBody", out var rawBody))
        {
            body = _variables.RenderText(rawBody.GetString()!);
        }
        else if (request.TryGetProperty("body", out var template))
        {
            body = _variables.Render(template)?.ToJsonString() ?? "null";
        }

        (string, string?)[] headers = request.TryGetProperty("headers", out var listed)
            ?
            [
                .. listed
                    .EnumerateObject()
                    .Select(header =>
                        (header.Name, header.Value.GetString() is { } value ? _variables.RenderText(value) : null)
                    ),
            ]
            : [];
        var path = _variables.RenderText(request.GetProperty("path").GetString()!);
        _requests++;
        return send(request.GetProperty("method").GetString()!, path, body, headers);
    }

    private bool Check(JsonElement expect, ScimResponse response)
    {
        if (expect.TryGetProperty("status", out var status) && !Matches(status, response.Status))
        {
            Fail($"the status is {response.Status}, not {status.GetRawText()}: {Shorten(response.Text)}");
            return false;
        }

        CheckHeaders(expect, response);
        CheckJson(expect, response);
        foreach (
            var part in Texts(expect, "bodyContains")
                .Where(part => !response.Text.Contains(part, StringComparison.Ordinal))
        )
        {
            Fail($"the body does not contain {part}");
        }

        foreach (
            var part in Texts(expect, "bodyNotContains")
                .Where(part => response.Text.Contains(part, StringComparison.Ordinal))
        )
        {
            Fail($"the body contains {part}");
        }

        return true;
    }

    private void CheckHeaders(JsonElement expect, ScimResponse response)
    {
        if (!expect.TryGetProperty("headers", out var headers))
        {
            return;
        }

        foreach (var header in headers.EnumerateObject())
        {
            if (response.Status == 204 && header.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            JsonElement? actual = response.Header(header.Name) is { } value
                ? JsonSerializer.SerializeToElement(value)
                : null;
            Assert($"header {header.Name}", actual, header.Value);
        }
    }

    private void CheckJson(JsonElement expect, ScimResponse response)
    {
        var body = Parse(response.Text);
        if (expect.TryGetProperty("jsonPath", out var always))
        {
            if (body is { } json)
            {
                CheckPaths(always, json);
            }
            else
            {
                Fail($"the answer has no JSON body: {Shorten(response.Text)}");
            }
        }

        if (response.Text.Length > 0 && expect.TryGetProperty("whenBody", out var whenBody))
        {
            if (body is { } json)
            {
                CheckPaths(whenBody, json);
            }
            else
            {
                Fail($"the body is not JSON: {Shorten(response.Text)}");
            }
        }
    }

    private void CheckPaths(JsonElement assertions, JsonElement body)
    {
        foreach (var assertion in assertions.EnumerateArray())
        {
            var path = _variables.RenderText(assertion.GetProperty("path").GetString()!);
            Assert(path, JsonPath.Find(body, path), assertion);
        }
    }

    private void Assert(string subject, JsonElement? actual, JsonElement assertion)
    {
        var rendered = JsonSerializer.SerializeToElement(_variables.Render(assertion));
        var why = assertion.TryGetProperty("why", out var reason) ? $" ({reason.GetString()})" : "";
        var isMust = !assertion.TryGetProperty("level", out var level) || level.GetString() != "should";
        foreach (var violation in Expectation.Violations(actual, rendered))
        {
            (isMust ? _failures : _warnings).Add($"{_step}: {subject}: {violation}{why}");
        }
    }

    private void Save(string name, string source, ScimResponse response)
    {
        JsonNode? value;
        if (source.StartsWith("header:", StringComparison.Ordinal))
        {
            value = response.Header(source["header:".Length..]);
        }
        else
        {
            var found = Parse(response.Text) is { } body ? JsonPath.Find(body, source) : null;
            value = found is { } element ? JsonNode.Parse(element.GetRawText()) : null;
        }

        if (value is null)
        {
            throw new TraceException($"there is nothing at {source} to save as {name}.");
        }

        if (name.EndsWith("[]", StringComparison.Ordinal))
        {
            _variables.Append(name[..^2], value);
        }
        else
        {
            _variables[name] = value;
        }
    }

    private async Task PaginateAsync(JsonElement step, JsonElement paginate)
    {
        var startIndex = paginate.GetProperty("start").GetInt32();
        var count = paginate.GetProperty("count").GetInt32();
        var byReceived = paginate.TryGetProperty("advance", out var advance) && advance.GetString() == "received";
        var collect = paginate.GetProperty("collect").GetString()!;
        var collected = new List<JsonElement>();
        int total;
        var pages = 0;
        do
        {
            _variables["startIndex"] = startIndex;
            _variables["count"] = count;
            if (await ExchangeAsync(step) is not { } response || Parse(response.Text) is not { } page)
            {
                return;
            }

            total = JsonPath.Find(page, "$.totalResults") is { ValueKind: JsonValueKind.Number } number
                ? number.GetInt32()
                : throw new TraceException("the page has no totalResults.");
            var received = JsonPath.Find(page, collect) is { ValueKind: JsonValueKind.Array } ids ? ids : default;
            var size = received.ValueKind == JsonValueKind.Array ? received.GetArrayLength() : 0;
            collected.AddRange(size > 0 ? received.EnumerateArray() : []);
            startIndex += byReceived ? size : count;
            if ((byReceived && size == 0 && startIndex <= total) || ++pages > MaxPages)
            {
                throw new TraceException("the pages do not come to an end.");
            }
        } while (startIndex <= total);

        CheckCollected(paginate, collected, total);
    }

    private void CheckCollected(JsonElement paginate, List<JsonElement> collected, int total)
    {
        if (!Expectation.AreUnique(collected))
        {
            Fail("an id is on more than one page");
        }

        if (collected.Count != total)
        {
            Fail(
                $"the pages hold {collected.Count.ToString(CultureInfo.InvariantCulture)} ids, totalResults says {total}"
            );
        }

        if (paginate.TryGetProperty("includes", out var includes))
        {
            var wanted = JsonSerializer.SerializeToElement(_variables.Render(includes)).EnumerateArray();
            var flat = wanted.SelectMany(item =>
                item.ValueKind == JsonValueKind.Array ? [.. item.EnumerateArray()] : new[] { item }
            );
            foreach (var id in flat.Where(id => !collected.Exists(seen => Expectation.Equal(seen, id))))
            {
                Fail($"{id.GetRawText()} is on no page");
            }
        }

        _variables[paginate.GetProperty("into").GetString()!] = JsonSerializer.SerializeToNode(collected);
    }

    private static bool Matches(JsonElement status, int actual) =>
        status.ValueKind switch
        {
            JsonValueKind.Number => status.GetInt32() == actual,
            JsonValueKind.String => status.GetString() == $"{actual / 100}xx",
            _ => status.EnumerateArray().Any(allowed => Matches(allowed, actual)),
        };

    private string[] Texts(JsonElement expect, string name) =>
        expect.TryGetProperty(name, out var texts)
            ? [.. texts.EnumerateArray().Select(text => _variables.RenderText(text.GetString()!))]
            : [];

    private static JsonElement? Parse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Fail(string message) => _failures.Add($"{_step}: {message}");

    private static string Shorten(string text) => text.Length <= 600 ? text : text[..600] + "…";
}
