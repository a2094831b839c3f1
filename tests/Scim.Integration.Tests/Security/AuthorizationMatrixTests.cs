using System.Text.Json.Nodes;
using FluentAssertions;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;
using Scim.TestKit;
using ScimClient = Scim.TestKit.ScimClient;

namespace Scim.Integration.Tests.Security;

/// <summary>Every route that the host answers, against every kind of credential.</summary>
[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Every route refuses missing, invalid and insufficient credentials")]
[Property("Rfc", "RFC 7644 §2")]
public sealed class AuthorizationMatrixTests(DatabaseKind database)
{
    private static readonly string[] Open =
    [
        "GET /health",
        "GET /ready",
        "GET /metrics",
        // Clients prove who they are in the request itself.
        "POST /oauth2/token",
        "GET /oauth2/jwks",
        "GET /.well-known/oauth-authorization-server",
        "GET /openapi/admin.json",
    ];

    // A route that is not here fails the test: whoever adds one decides what it needs.
    private static readonly Dictionary<string, Func<Target, (string Path, JsonObject? Body)>> Cases = new()
    {
        ["GET /Users"] = _ => ("/Users", null),
        ["POST /Users"] = _ => ("/Users", Some.User()),
        ["GET /Users/{id}"] = target => ($"/Users/{target.User}", null),
        ["PUT /Users/{id}"] = target => ($"/Users/{target.User}", Some.User()),
        ["PATCH /Users/{id}"] = target => ($"/Users/{target.User}", Messages.Patch("replace", "title", Some.Name())),
        ["DELETE /Users/{id}"] = target => ($"/Users/{target.User}", null),
        ["POST /Users/.search"] = _ => ("/Users/.search", Messages.Search("id pr")),
        ["GET /Groups"] = _ => ("/Groups", null),
        ["POST /Groups"] = _ => ("/Groups", Some.Group()),
        ["GET /Groups/{id}"] = target => ($"/Groups/{target.Group}", null),
        ["PUT /Groups/{id}"] = target => ($"/Groups/{target.Group}", Some.Group()),
        ["PATCH /Groups/{id}"] = target =>
            ($"/Groups/{target.Group}", Messages.Patch("replace", "displayName", Some.Name())),
        ["DELETE /Groups/{id}"] = target => ($"/Groups/{target.Group}", null),
        ["POST /Groups/.search"] = _ => ("/Groups/.search", Messages.Search("id pr")),
        ["GET "] = _ => ("?filter=id%20pr", null),
        ["POST /.search"] = _ => ("/.search", Messages.Search("id pr")),
        ["POST /Bulk"] = _ => ("/Bulk", Messages.Bulk(Messages.BulkOperation("POST", "/Users", Some.User(), "u"))),
        ["GET /Me"] = _ => ("/Me", null),
        ["POST /Me"] = _ => ("/Me", Some.User()),
        ["PUT /Me"] = _ => ("/Me", Some.User()),
        ["PATCH /Me"] = _ => ("/Me", Messages.Patch("replace", "title", "x")),
        ["DELETE /Me"] = _ => ("/Me", null),
        ["GET /ServiceProviderConfig"] = _ => ("/ServiceProviderConfig", null),
        ["GET /ResourceTypes"] = _ => ("/ResourceTypes", null),
        ["GET /ResourceTypes/{id}"] = _ => ("/ResourceTypes/User", null),
        ["GET /Schemas"] = _ => ("/Schemas", null),
        ["GET /Schemas/{id}"] = _ => ("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", null),
    };

    private ApiServer _server = null!;
    private TestTenant _tenant = null!;
    private TestTenant _other = null!;
    private string _readOnly = null!;
    private string _writeOnly = null!;
    private Dictionary<string, string?> _refused = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _server = await ApiServer.StartAsync(
            database,
            new Dictionary<string, string>
            {
                ["Limits:FailedAuthenticationsPerMinute"] = "0",
                ["Limits:DiscoveryRequestsPerSecond"] = "0",
            }
        );
        _tenant = await TestTenant.CreateAsync(_server);
        _other = await TestTenant.CreateAsync(_server);
        _readOnly = (await SendAsync(new CreateClient(_tenant.Slug, "reader", "scim:read"))).Token;
        _writeOnly = (await SendAsync(new CreateClient(_tenant.Slug, "writer", "scim:write"))).Token;
        var expired = await SendAsync(new CreateClient(_tenant.Slug, "old", ExpiresIn: TimeSpan.FromMilliseconds(1)));
        var revoked = await SendAsync(new CreateClient(_tenant.Slug, "gone"));
        using (var used = new ScimClient(_server.BaseAddress, revoked.Token))
        {
            (await used.GetAsync("/Users")).Status.Should().Be(200);
        }

        await SendAsync(new RevokeToken(revoked.TokenId));
        await Task.Delay(TimeSpan.FromSeconds(1));
        _refused = new Dictionary<string, string?>
        {
            ["no token"] = null,
            ["an empty token"] = "",
            ["garbage"] = "garbage",
            ["a wrong checksum"] = _tenant.Token[..^1] + (_tenant.Token[^1] == 'a' ? 'b' : 'a'),
            ["a right checksum and a wrong secret"] = ScimToken.Generate().Text,
            ["a revoked token"] = revoked.Token,
            ["an expired token"] = expired.Token,
        };
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _tenant?.Dispose();
        _other?.Dispose();
        await _server.DisposeAsync();
    }

    [Test]
    public void Every_route_has_a_case()
    {
        // The control plane has a matrix of its own.
        var routes = Routes.Of(_server).Where(route => !route.IsAdmin).Select(Name).ToList();

        routes.Should().OnlyHaveUniqueItems();
        routes
            .Should()
            .BeEquivalentTo([
                .. Cases.Keys,
                .. Cases
                    .Keys.Where(name => name.StartsWith("GET", StringComparison.Ordinal))
                    .Select(name => "HEAD" + name[3..]),
                .. Open,
            ]);
    }

    [Test]
    public async Task Without_a_valid_token_nothing_but_discovery_answers()
    {
        foreach (var (kind, token) in _refused)
        {
            foreach (var route in Scim)
            {
                var answer = await CallAsync(route, token, await TargetAsync(route));

                if (route.IsDiscovery && token is null)
                {
                    answer.Status.Should().Be(200, $"{Name(route)} with {kind}");
                    continue;
                }

                answer.Status.Should().Be(401, $"{Name(route)} with {kind}");
                answer.Header("WWW-Authenticate").Should().StartWith("Bearer", $"{Name(route)} with {kind}");
                answer.Header("Content-Type").Should().StartWith("application/scim+json");
                if (route.Method != "HEAD")
                {
                    answer.Json.GetProperty("status").GetString().Should().Be("401");
                }
            }
        }
    }

    [Test]
    public async Task A_scope_opens_its_own_half_only()
    {
        foreach (var route in Scim)
        {
            var allowed = route.IsRead ? _readOnly : _writeOnly;
            var forbidden = route.IsRead ? _writeOnly : _readOnly;

            var yes = await CallAsync(route, allowed, await TargetAsync(route));
            var no = await CallAsync(route, forbidden, await TargetAsync(route));

            yes.Status.Should().BeOneOf(route.Path == "/Me" ? [501] : [200, 201, 204], $"{Name(route)}: {yes}");
            no.Status.Should().Be(route.IsDiscovery ? 200 : 403, $"{Name(route)}: {no}");
        }
    }

    [Test]
    public async Task Another_tenants_token_finds_nothing()
    {
        foreach (var route in Scim.Where(route => route.Path.EndsWith("/{id}", StringComparison.Ordinal)))
        {
            var answer = await CallAsync(route, _other.Token, await TargetAsync(route));

            answer.Status.Should().Be(route.IsDiscovery ? 200 : 404, $"{Name(route)}: {answer}");
        }

        await TargetAsync(Scim[0]);
        foreach (
            var route in Scim.Where(route =>
                route is { Method: not "HEAD", IsRead: true, IsTenantData: true } && !route.Path.Contains('{')
            )
        )
        {
            var answer = await CallAsync(route, _other.Token, new Target("", ""));

            answer.Json.GetProperty("totalResults").GetInt32().Should().Be(0, Name(route));
        }
    }

    [Test]
    public async Task What_was_refused_left_no_trace_in_the_data()
    {
        using var quiet = await TestTenant.CreateAsync(_server);
        var reader = (await SendAsync(new CreateClient(quiet.Slug, "reader", "scim:read"))).Token;
        var user = (await quiet.Client.PostAsync("/Users", Some.User())).Id;
        var group = (await quiet.Client.PostAsync("/Groups", Some.Group(null, user))).Id;
        string[] before = [(await quiet.Client.GetAsync("/Users")).Text, (await quiet.Client.GetAsync("/Groups")).Text];

        foreach (var route in Scim.Where(route => route.IsTenantData && !route.IsRead))
        {
            (await CallAsync(route, reader, new Target(user, group))).Status.Should().Be(403);
            (await CallAsync(route, null, new Target(user, group))).Status.Should().Be(401);
        }

        (await quiet.Client.GetAsync("/Users")).Text.Should().Be(before[0]);
        (await quiet.Client.GetAsync("/Groups")).Text.Should().Be(before[1]);
    }

    [Test]
    public async Task Discovery_refuses_filters_and_writes()
    {
        using var anonymous = new ScimClient(_server.BaseAddress, null);
        foreach (var route in Scim.Where(route => route.IsDiscovery))
        {
            var (path, _) = Case(route)(new Target("", ""));

            (await anonymous.GetAsync(path + "?filter=id%20pr")).Status.Should().Be(403, path);
            (await _tenant.Client.GetAsync(path + "?filter=id%20pr")).Status.Should().Be(403, path);
            foreach (var method in (string[])["POST", "PUT", "PATCH", "DELETE"])
            {
                (await anonymous.SendAsync(method, path, "{}")).Status.Should().BeOneOf([401, 405], path);
                (await _tenant.Client.SendAsync(method, path, "{}")).Status.Should().Be(405, path);
            }
        }
    }

    [TestCase("/Nothing")]
    [TestCase("/Users/1/2/3")]
    [TestCase("/../v3/Users")]
    public async Task An_unknown_path_needs_a_token_and_is_not_found_with_one(string path)
    {
        using var anonymous = new ScimClient(_server.BaseAddress, null);

        var without = await anonymous.GetAsync(path);
        var with = await _tenant.Client.GetAsync(path);

        without.Status.Should().Be(401);
        with.Status.Should().Be(404);
        with.Json.GetProperty("status").GetString().Should().Be("404");
    }

    private List<Routes> Scim => [.. Routes.Of(_server).Where(route => route.IsScim)];

    // What is read by GET is read by HEAD.
    private static Func<Target, (string Path, JsonObject? Body)> Case(Routes route) =>
        Cases[Name(route with { Method = route.Method == "HEAD" ? "GET" : route.Method })];

    private static string Name(Routes route) => $"{route.Method} {route.Path}";

    private async Task<ScimResponse> CallAsync(Routes route, string? token, Target target)
    {
        var (path, body) = Case(route)(target);
        using var client = new ScimClient(_server.BaseAddress, token);
        return await client.SendAsync(route.Method, path, body?.ToJsonString());
    }

    // Fresh ones for each call, as a delete may really happen.
    private async Task<Target> TargetAsync(Routes route) =>
        route.Path.Contains("{id}", StringComparison.Ordinal) && route.IsTenantData
            ? new Target(
                (await _tenant.Client.PostAsync("/Users", Some.User())).Id,
                (await _tenant.Client.PostAsync("/Groups", Some.Group())).Id
            )
            : new Target("", "");

    private async Task<T> SendAsync<T>(IRequest<T> request)
    {
        await using var scope = _server.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }

    private sealed record Target(string User, string Group);
}
