using System.Text;
using FluentAssertions;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Tenants;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7644;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §3.12")]
[Property("Capability", "Errors are SCIM errors with the right status and scimType")]
internal sealed class ErrorTests(DatabaseKind database) : ProtocolFixture(database)
{
    [TestCase("GET", "")]
    [TestCase("GET", "/Nothing")]
    [TestCase("POST", "/Nothing")]
    [TestCase("GET", "/Users/a/b")]
    [TestCase("GET", "/Schemas/urn:none")]
    [TestCase("GET", "/ResourceTypes/None")]
    [TestCase("GET", "/../v1/Users")]
    [TestCase("GET", "/../Users")]
    [TestCase("GET", "/../v3/Users")]
    [TestCase("GET", "/../../scim")]
    public async Task An_unknown_route_is_404(string method, string path)
    {
        // The base itself is a query over all resources.
        if (path.Length == 0)
        {
            (await Client.GetAsync(path)).ShouldBe(200);
            return;
        }

        (await Client.SendAsync(method, path, method == "POST" ? "{}" : null)).ShouldBeError(404);
    }

    [TestCase("DELETE", "/Users", "GET, POST")]
    [TestCase("PUT", "/Users", "GET, POST")]
    [TestCase("PATCH", "/Groups", "GET, POST")]
    [TestCase("POST", "/Users/0199c0de-0000-7000-8000-000000000000", "DELETE, GET, PATCH, PUT")]
    [TestCase("POST", "/Groups/0199c0de-0000-7000-8000-000000000000", "DELETE, GET, PATCH, PUT")]
    [TestCase("GET", "/Bulk", "POST")]
    [TestCase("POST", "/Schemas", "GET")]
    [TestCase("PUT", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "GET")]
    [TestCase("PATCH", "/ServiceProviderConfig", "GET")]
    [TestCase("DELETE", "/ResourceTypes/User", "GET")]
    [TestCase("TRACE", "/Users", "GET, POST")]
    [TestCase("NONSENSE", "/Users", "GET, POST")]
    public async Task A_method_that_a_route_does_not_have_is_405_with_Allow(string method, string path, string allow)
    {
        var body = method is "POST" or "PUT" or "PATCH" ? "{}" : null;

        var answer = await Client.SendAsync(method, path, body);

        answer.ShouldBeError(405);
        answer.Header("Allow")!.Split(',', StringSplitOptions.TrimEntries).Order().Should().Contain(allow.Split(", "));
    }

    [TestCase(null)]
    [TestCase("Bearer")]
    [TestCase("Bearer nonsense")]
    [TestCase("Basic YTpi")]
    [TestCase("nonsense")]
    public async Task A_missing_or_wrong_token_is_401_before_anything_else(string? authorization)
    {
        foreach (
            var (method, path) in new[] { ("GET", "/Users"), ("POST", "/Groups"), ("GET", "/Nothing"), ("GET", "/Me") }
        )
        {
            var answer = await Client.SendAsync(
                method,
                path,
                method == "POST" ? "{" : null,
                ("Authorization", authorization)
            );

            answer.ShouldBeError(401);
            answer.Header("WWW-Authenticate").Should().StartWith("Bearer");
        }
    }

    [Test]
    public async Task A_token_without_the_scope_is_403()
    {
        using var reader = await TestTenant.CreateAsync(Server, scopes: "scim:read");
        using var writer = await TestTenant.CreateAsync(Server, scopes: "scim:write");

        (await reader.Client.GetAsync("/Users")).ShouldBe(200);
        (await reader.Client.PostAsync("/Users", UserBody())).ShouldBeError(403);
        (await reader.Client.PostAsync("/Users/.search", Search)).ShouldBe(200);
        (await writer.Client.GetAsync("/Users")).ShouldBeError(403);
        (await writer.Client.PostAsync("/Users/.search", Search)).ShouldBeError(403);
        (await writer.Client.PostAsync("/Users", UserBody())).ShouldBe(201);
    }

    [TestCase("GET")]
    [TestCase("POST")]
    [TestCase("PUT")]
    [TestCase("PATCH")]
    [TestCase("DELETE")]
    [Property("Rfc", "RFC 7644 §3.11")]
    public async Task Me_is_501_for_a_credential_that_stands_for_no_user(string method) =>
        (await Client.SendAsync(method, "/Me", method is "GET" or "DELETE" ? null : "{}")).ShouldBeError(501);

    [Test]
    public async Task Every_answer_names_its_request()
    {
        var answer = await Client.GetAsync($"/Users/{Nobody}", ("X-Request-Id", "my-id-1"));

        answer.Header("X-Request-Id").Should().Be("my-id-1");
    }

    [Test]
    public async Task A_failed_precondition_is_412_and_a_malformed_one_too()
    {
        var user = await CreateUserAsync();

        foreach (var tag in new[] { "W/\"0\"", "\"x\"", "nonsense", "W/\"99999999999999999999\"" })
        {
            (await Client.DeleteAsync($"/Users/{user.Id}", ("If-Match", tag))).ShouldBeError(412);
        }

        (await ReadAsync(user)).ShouldBe(200);
    }

    private const string Search = """{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}""";
}

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §3.8")]
[Property("Capability", "Bad input of every kind is a clear 4xx and changes nothing")]
internal sealed class BadInputTests(DatabaseKind database) : ProtocolFixture(database)
{
    private const string Schemas = "\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":\"NAME\"";

    private static IEnumerable<TestCaseData> Bodies()
    {
        yield return Text("", "nothing");
        yield return Text(" ", "white space");
        yield return Text("{", "an open object");
        yield return Text("null", "null");
        yield return Text("5", "a number");
        yield return Text("\"x\"", "a string");
        yield return Text("[{}]", "an array");
        yield return Text("{" + Schemas + "}}", "a brace too many");
        yield return Text("{" + Schemas + "} {}", "two objects");
        yield return Text("{" + Schemas + ",}", "a trailing comma");
        yield return Text("{" + Schemas + "/* c */}", "a comment");
        yield return Text("{'userName':'x'}", "single quotes");
        yield return Text("{" + Schemas + ",\"title\":\"a\nb\"}", "a raw line feed");
        yield return Text("{" + Schemas + ",\"title\":NaN}", "NaN");
        yield return Text("{" + Schemas + ",\"title\":\"a\",\"title\":\"b\"}", "a duplicate key");
        yield return Text("{" + Schemas + ",\"title\":\"a\",\"TITLE\":\"b\"}", "a duplicate key in another case");
        yield return Text("{" + Schemas + ",\"name\":{\"givenName\":\"a\",\"GivenName\":\"b\"}}", "a duplicate inside");
        yield return Text("{" + Schemas + ",\"meta\":{\"a\":1,\"a\":2}}", "a duplicate in what is ignored");
        yield return Text("{" + Schemas + ",\"x\":{\"a\":1,\"a\":2}}", "a duplicate in an unknown attribute");
        yield return Text("{" + Schemas + ",\"title\":\"\\ud800\"}", "an unpaired surrogate");
        yield return Text("{" + Schemas + ",\"x\":\"\\udfff\"}", "an unpaired surrogate in an unknown attribute");
        yield return Text("{" + Schemas + ",\"\\ud800\":1}", "an unpaired surrogate as a name");
        yield return Text("{" + Schemas + ",\"x\":" + Nested(40) + "}", "40 levels");
        yield return Text("{" + Schemas + ",\"x\":" + Nested(100_000) + "}", "100,000 levels");
        yield return Text(new string('[', 1_000_000), "a million brackets");
        yield return Bytes(
            [.. Encoding.UTF8.GetBytes("{" + Schemas + ",\"title\":\""), 0xC3, 0x28, .. "\"}"u8],
            "invalid UTF-8"
        );
        yield return Bytes(
            [.. Encoding.UTF8.GetBytes("{" + Schemas + ",\"title\":\""), 0xED, 0xA0, 0x80, .. "\"}"u8],
            "a surrogate in UTF-8"
        );
        yield return Bytes(Encoding.Unicode.GetBytes("{" + Schemas + "}"), "UTF-16");
        yield return Bytes(new byte[1000], "zeros");
    }

    private static IEnumerable<TestCaseData> Values()
    {
        yield return Text("{" + Schemas + ",\"title\":\"a\\u0000b\"}", "a NUL");
        yield return Text("{" + Schemas + ",\"emails\":[{\"value\":\"\\u0000\"}]}", "a NUL inside");
        yield return Text("{" + Schemas + ",\"active\":1e400}", "an absurd number");
        yield return Text("{" + Schemas + ",\"title\":-" + new string('9', 5000) + "}", "5,000 digits");
        yield return Text(
            "{" + Schemas.Replace("NAME", new string('x', 5000), StringComparison.Ordinal) + "}",
            "a long userName"
        );
        yield return Text("{" + Schemas + ",\"externalId\":\"" + new string('x', 100_000) + "\"}", "a long externalId");
    }

    [TestCaseSource(nameof(Bodies))]
    public async Task What_is_no_json_object_is_invalidSyntax(byte[] body) => await RefuseAsync(body, "invalidSyntax");

    [TestCaseSource(nameof(Values))]
    public async Task What_cannot_be_kept_is_invalidValue(byte[] body) => await RefuseAsync(body, "invalidValue");

    [Test]
    public async Task A_NUL_is_refused_wherever_text_goes()
    {
        var group = await CreateGroupAsync();
        var user = await CreateUserAsync();

        (await Client.PostAsync("/Groups", GroupBody("\"externalId\":\"\\u0000\""))).ShouldBeError(400, "invalidValue");
        (await PatchUserAsync(user.Id, "\"op\":\"add\",\"path\":\"title\",\"value\":\"\\u0000\"")).ShouldBeError(
            400,
            "invalidValue"
        );
        (
            await PatchUserAsync(
                user.Id,
                "\"op\":\"add\",\"path\":\"emails[type eq \\\"\\u0000\\\"].value\",\"value\":\"x\""
            )
        )
            .Status.Should()
            .Be(400);
        (await PatchUserAsync(user.Id, "\"op\":\"add\",\"path\":\"\\u0000\",\"value\":\"x\"")).ShouldBeError(
            400,
            "invalidPath"
        );
        (await PatchGroupAsync(group.Id, "\"op\":\"remove\",\"path\":\"members[value eq \\\"\\u0000\\\"]\""))
            .Status.Should()
            .BeOneOf(204, 400);
        (
            await PatchGroupAsync(group.Id, "\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"\\u0000\"}]")
        ).ShouldBeError(400, "invalidValue");
        (await PatchUserAsync(user.Id, "\"op\":\"add\",\"path\":\"password\",\"value\":\"a\\u0000b\"")).ShouldBeError(
            400,
            "invalidValue"
        );
        (await Client.GetAsync("/Users?filter=userName%20eq%20%22%00%22")).Status.Should().BeOneOf(200, 400);
        (await Client.GetAsync("/Users?filter=title%20co%20%22%5Cu0000%22")).Status.Should().BeOneOf(200, 400);
        (await Client.GetAsync($"/Users/{user.Id}?attributes=%00")).ShouldBe(200);
        (await ReadAsync(group)).Text.Should().Be(group.Text);
        (await ReadAsync(user)).Text.Should().Be(user.Text);
    }

    [Test]
    public async Task More_than_8_MiB_are_413_whether_announced_or_not()
    {
        var name = Some.UserName();
        var body = UserBody($"\"title\":\"{new string('x', 8 * 1024 * 1024)}\"", name);

        (await Client.PostAsync("/Users", body)).ShouldBeError(413);
        (await SendChunkedAsync(body)).ShouldBeError(413);
        (await Client.PostAsync("/Users", UserBody(userName: name))).ShouldBe(201);
    }

    [Test]
    public async Task A_body_just_within_the_limit_is_taken()
    {
        var user = await Client.PostAsync(
            "/Users?attributes=id",
            UserBody($"\"title\":\"{new string('x', 8_380_000)}\"")
        );

        user.ShouldBe(201);
        (await Client.GetAsync($"/Users/{user.Id}?attributes=title")).At("title")!.Length.Should().Be(8_380_000);
        await Client.DeleteAsync($"/Users/{user.Id}");
    }

    private static TestCaseData Text(string body, string name) => Bytes(Encoding.UTF8.GetBytes(body), name);

    private static TestCaseData Bytes(byte[] body, string name) => new TestCaseData(body).SetArgDisplayNames(name);

    private static string Nested(int levels) => new string('[', levels) + new string(']', levels);

    private async Task RefuseAsync(byte[] body, string scimType)
    {
        // Latin-1 keeps every byte as it is.
        var name = Some.UserName();
        var named = Encoding.Latin1.GetBytes(
            Encoding.Latin1.GetString(body).Replace("NAME", name, StringComparison.Ordinal)
        );
        var user = await CreateUserAsync();

        (await Client.SendAsync("POST", "/Users", named)).ShouldBeError(400, scimType);
        (await Client.SendAsync("PUT", $"/Users/{user.Id}", named)).ShouldBeError(400, scimType);
        (await Client.SendAsync("PATCH", $"/Users/{user.Id}", named)).Status.Should().Be(400);
        (await Client.SendAsync("POST", "/Bulk", named)).Status.Should().Be(400);
        (await Client.SendAsync("POST", "/Users/.search", named)).Status.Should().Be(400);

        (await ReadAsync(user)).Text.Should().Be(user.Text);
        (await Client.GetAsync($"/Users?filter={Escape($"userName eq \"{name}\"")}"))
            .At("totalResults")
            .Should()
            .Be("0");
    }

    private async Task<ScimResponse> SendChunkedAsync(string body)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Server.BaseAddress, "/scim/v2/Users"));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Tenant.Token}");
        request.Headers.TransferEncodingChunked = true;
        request.Headers.ExpectContinue = true;
        request.Content = new StringContent(body, Encoding.UTF8, "application/scim+json");
        using var response = await http.SendAsync(request);
        var headers = response.Content.Headers.ToDictionary(header => header.Key, header => header.Value.First());
        return new ScimResponse((int)response.StatusCode, headers, await response.Content.ReadAsStringAsync());
    }
}
