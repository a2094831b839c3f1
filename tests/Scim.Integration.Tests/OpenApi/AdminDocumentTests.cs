using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;
using ScimClient = Scim.TestKit.ScimClient;

namespace Scim.Integration.Tests.OpenApi;

/// <summary>That answers and bodies are what the document says is checked on all that the other fixtures send.</summary>
[Property("Capability", "OpenAPI 3.1 describes every route of the control plane, and what it really answers")]
public sealed class AdminDocumentTests
{
    private ApiServer _server = null!;
    private ScimClient _http = null!;
    private ScimResponse _answer = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _server = await ApiServer.SharedAsync(DatabaseKind.Sqlite);
        _http = new ScimClient(_server.BaseAddress, token: null, basePath: "");
        _answer = await _http.GetAsync("/openapi/admin.json");
    }

    [OneTimeTearDown]
    public void Stop() => _http?.Dispose();

    [Test]
    public void Everybody_may_read_it()
    {
        _answer.Status.Should().Be(200);
        _answer.Header("Content-Type").Should().StartWith("application/json");
        _answer.Header("X-Content-Type-Options").Should().Be("nosniff");
        _answer.Json.GetProperty("openapi").GetString().Should().StartWith("3.1.");
    }

    [Test]
    public async Task The_committed_copy_is_what_the_host_serves()
    {
        if (_answer.Status == 200 && Environment.GetEnvironmentVariable("SCIM_APPROVE") == "1")
        {
            await File.WriteAllTextAsync(AdminContract.File, _answer.Text);
            return;
        }

        var copy = File.Exists(AdminContract.File) ? await File.ReadAllTextAsync(AdminContract.File) : "";
        copy.Should()
            .Be(
                _answer.Text,
                "SCIM_APPROVE=1 dotnet test tests/Scim.Integration.Tests --filter AdminDocumentTests writes docs/openapi.json"
            );
    }

    [Test]
    public void Every_route_has_a_name_a_summary_a_credential_and_answers_with_their_schemas()
    {
        var names = new List<string>();
        foreach (var route in Routes.Of(_server).Where(route => !route.IsScim && route.Path != "/openapi/admin.json"))
        {
            var what = $"{route.Method} {route.Path}";
            var operation = Operation(route);
            operation.Should().NotBeNull(what);
            names.Add(Text(operation!.Value, "operationId"));
            Text(operation.Value, "summary").Should().NotBeEmpty(what);
            operation.Value.GetProperty("tags").GetArrayLength().Should().Be(1, what);
            operation.Value.TryGetProperty("security", out _).Should().BeTrue(what);
            foreach (var parameter in route.Path.Split('/').Where(segment => segment.StartsWith('{')))
            {
                Parameters(operation.Value, "path").Should().Contain(parameter.Trim('{', '}'), what);
            }

            var responses = operation.Value.GetProperty("responses").EnumerateObject().ToList();
            responses.Should().ContainSingle(response => response.Name[0] == '2', what);
            foreach (var response in responses.Where(response => response.Name is not "204" and not "404"))
            {
                var content = new SchemaCheck(_answer.Json).Resolve(response.Value).GetProperty("content");
                content.EnumerateObject().Should().NotBeEmpty(what);
                foreach (var media in content.EnumerateObject())
                {
                    media.Value.GetProperty("schema").EnumerateObject().Should().NotBeEmpty(what);
                }
            }
        }

        names.Should().OnlyHaveUniqueItems().And.NotContain("");
    }

    [Test]
    public void A_route_of_the_control_plane_says_which_problems_and_headers_it_has()
    {
        foreach (var route in Routes.Of(_server).Where(route => route.IsAdmin))
        {
            var what = $"{route.Method} {route.Path}";
            var operation = Operation(route)!.Value;
            var responses = operation.GetProperty("responses");
            foreach (var status in (string[])["401", "422", "429", "500", "503"])
            {
                responses.TryGetProperty(status, out _).Should().BeTrue(what);
            }

            var takesKey = Parameters(operation, "header").Contains("Idempotency-Key");
            takesKey
                .Should()
                .Be(
                    route.Method == "POST"
                        && route.Path
                            is not ("/admin/v1/login" or "/admin/v1/login/enroll" or "/admin/v1/session/heartbeat"),
                    what
                );
            responses
                .TryGetProperty("412", out _)
                .Should()
                .Be(Parameters(operation, "header").Contains("If-Match"), what);
        }
    }

    [TestCase("post", "/admin/v1/tenants", "tenants:write", "tenant.create")]
    [TestCase("get", "/admin/v1/audit", "audit:read", null)]
    public void An_operation_names_the_permission_that_it_needs(
        string method,
        string path,
        string permission,
        string? journal
    )
    {
        var operation = _answer.Json.GetProperty("paths").GetProperty(path).GetProperty(method);

        var schemes = operation
            .GetProperty("security")
            .EnumerateArray()
            .SelectMany(one => one.EnumerateObject())
            .ToLookup(scheme => scheme.Name, scheme => scheme.Value);
        schemes["apiKey"].Single().EnumerateArray().Select(scope => scope.GetString()).Should().Equal(permission);
        schemes.Contains("session").Should().BeTrue();
        schemes.Contains("csrfToken").Should().Be(method != "get");
        Text(operation, "description").Should().Contain($"`{permission}`").And.Contain(journal ?? permission);
    }

    [Test]
    public void A_body_says_what_its_validator_wants()
    {
        var schemas = _answer.Json.GetProperty("components").GetProperty("schemas");
        var tenant = schemas.GetProperty("CreateTenant");
        tenant.GetProperty("additionalProperties").GetBoolean().Should().BeFalse();
        tenant.GetProperty("required").EnumerateArray().Select(name => name.GetString()).Should().Equal("slug");
        var slug = tenant.GetProperty("properties").GetProperty("slug");
        Text(slug, "description").Should().StartWith("is 2 to 63 lower-case letters");
        var terms = schemas.GetProperty("TokenTerms").GetProperty("properties").GetProperty("graceSeconds");
        terms.GetProperty("maximum").GetInt32().Should().Be(30 * 24 * 3600);
        schemas
            .GetProperty("OperatorValues")
            .GetProperty("properties")
            .EnumerateObject()
            .Select(property => property.Name)
            .Should()
            .BeEquivalentTo("userName", "password", "roles", "tenantIds", "workspaceIds", "state");
    }

    [Test]
    public void Every_reference_leads_somewhere()
    {
        var check = new SchemaCheck(_answer.Json);
        var references = 0;
        void Walk(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                element.EnumerateArray().ToList().ForEach(Walk);
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                if (element.TryGetProperty("$ref", out var target) && target.ValueKind == JsonValueKind.String)
                {
                    references++;
                    check.Resolve(element).ValueKind.Should().Be(JsonValueKind.Object);
                }

                element.EnumerateObject().Select(property => property.Value).ToList().ForEach(Walk);
            }
        }

        Walk(_answer.Json);

        references.Should().BePositive();
    }

    private JsonElement? Operation(Routes route) =>
        _answer.Json.GetProperty("paths").TryGetProperty(route.Path, out var path)
        && path.TryGetProperty(
            System.Globalization.CultureInfo.InvariantCulture.TextInfo.ToLower(route.Method),
            out var operation
        )
            ? operation
            : null;

    private static List<string> Parameters(JsonElement operation, string place) =>
        operation.TryGetProperty("parameters", out var parameters)
            ?
            [
                .. parameters
                    .EnumerateArray()
                    .Where(parameter => Text(parameter, "in") == place)
                    .Select(parameter => Text(parameter, "name")),
            ]
            : [];

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var text) ? text.GetString()! : "";
}
