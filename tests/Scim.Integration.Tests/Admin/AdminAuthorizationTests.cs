using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.Tenants;
using Scim.Application.Workspaces;
using Scim.Domain.Operators;
using Scim.TestKit;
using ScimClient = Scim.TestKit.ScimClient;

namespace Scim.Integration.Tests.Admin;

/// <summary>Every route of the control plane against every kind of credential. A route without a case fails.</summary>
[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "Every route of the control plane is refused to every credential that its policy does not name"
)]
public sealed class AdminAuthorizationTests(DatabaseKind kind)
{
    private const string Base = "/admin/v1";
    private const string Platform = "platform-admin";
    private const string TenantAdmin = "tenant-admin";
    private const string OtherTenant = "tenant-admin of another tenant";
    private const string Support = "support";
    private const string Auditor = "auditor";
    private const string TenantSupport = "support of a tenant";

    private static readonly string[] Everybody = [Platform, TenantAdmin, OtherTenant, Support, Auditor, TenantSupport];

    private static readonly string[] ReadersOfTenant = [Platform, TenantAdmin, Support, Auditor, TenantSupport];

    private static readonly Func<Target, string> OfTenant = target => $"?tenantId={target.Tenant:D}";

    private static readonly string[] ReadersOfClients =
    [
        Platform,
        TenantAdmin,
        Support,
        Auditor,
        TenantSupport,
        "scim_clients:read",
    ];

    private static readonly string[] WritersOfClients = [Platform, TenantAdmin, "scim_clients:write"];

    // Who gets through; a scope's key is called by the scope. All others are refused: a key of one scope, too, where it
    // has less than the operator whom it would make or act on.
    private static readonly Dictionary<string, Case> Cases = new()
    {
        ["POST /login"] = new(_ => AdminHost.Login("nobody", "no such password 1"), [], IsPublic: true),
        ["POST /login/enroll"] = new(_ => new() { ["token"] = "x", ["totp"] = "0" }, [], IsPublic: true),
        ["POST /signup"] = new(_ => [], [], IsPublic: true),
        ["POST /signup/confirm"] = new(_ => [], [], IsPublic: true),
        ["POST /logout"] = new(_ => null, Everybody),
        ["GET /session"] = new(_ => null, Everybody),
        ["POST /session/heartbeat"] = new(_ => null, Everybody),
        // A wrong code within a session: 401, but of another kind than that of a refused credential.
        ["POST /session/step-up"] = new(_ => new() { ["totp"] = "0" }, Everybody),
        ["PUT /operators/me/password"] = new(_ => new() { ["currentPassword"] = "x" }, Everybody),
        ["GET /operators"] = new(_ => null, [.. Everybody, "operators:read"]),
        ["POST /operators"] = new(
            target => AdminHost.Operator(null, "tenant-admin", target.Tenant),
            [Platform, TenantAdmin, OtherTenant]
        ),
        ["GET /operators/{id}"] = new(
            _ => null,
            [Platform, TenantAdmin, Support, Auditor, TenantSupport, "operators:read"],
            [OtherTenant]
        ),
        ["PUT /operators/{id}"] = new(
            target => AdminHost.Operator(null, "tenant-admin", target.Tenant),
            [Platform, TenantAdmin],
            [OtherTenant]
        ),
        ["DELETE /operators/{id}"] = new(_ => null, [Platform, TenantAdmin], [OtherTenant]),
        ["DELETE /operators/{id}/totp"] = new(_ => null, [Platform, TenantAdmin], [OtherTenant]),
        ["GET /signing_keys"] = new(_ => null, [Platform, Support, Auditor, "keys:read"]),
        ["POST /signing_keys/rotate"] = new(_ => null, [Platform, "keys:write"]),
        ["GET /operators/{id}/sessions"] = new(
            _ => null,
            [Platform, TenantAdmin, Support, Auditor, TenantSupport, "operators:read"],
            [OtherTenant]
        ),
        // The session does not exist: 404 to those who may end it, too.
        ["DELETE /operators/{id}/sessions/{sessionId}"] = new(_ => null, [], [Platform, TenantAdmin, OtherTenant]),
        ["GET /api_keys"] = new(_ => null, [Platform, Support, Auditor, "api_keys:read"]),
        ["POST /api_keys"] = new(_ => new() { ["name"] = "x" }, [Platform, "api_keys:write"]),
        // There is no such user: 404 to those who may erase, too.
        ["POST /tenants/{tenantId}/users/{id}/erase"] = new(
            _ => null,
            [],
            [Platform, TenantAdmin, OtherTenant, "audit:write"]
        ),
        ["GET /tenants/{tenantId}/users/{id}/timeline"] = new(_ => null, [], [.. Everybody, "audit:read"]),
        ["GET /audit"] = new(_ => null, [.. Everybody, "audit:read"]),
        // There is no such row: 404 to those who may read one, too.
        ["GET /audit/{id}"] = new(_ => null, [], [.. Everybody, "audit:read"]),
        ["GET /audit/streams"] = new(_ => null, [.. Everybody, "audit:read"]),
        ["POST /audit/streams"] = new(
            _ => new() { ["name"] = "x" },
            [Platform, TenantAdmin, OtherTenant, "audit:write"]
        ),
        ["GET /audit/streams/{id}"] = new(_ => null, [], [.. Everybody, "audit:read"]),
        ["PUT /audit/streams/{id}"] = new(
            _ => new() { ["name"] = "x", ["url"] = "https://siem.example" },
            [],
            [Platform, TenantAdmin, OtherTenant, "audit:write"]
        ),
        ["DELETE /audit/streams/{id}"] = new(_ => null, [], [Platform, TenantAdmin, OtherTenant, "audit:write"]),
        ["GET /audit/export"] = new(_ => null, [.. Everybody, "audit:read"]),
        ["GET /audit/verify"] = new(_ => null, [.. Everybody, "audit:read"]),
        ["DELETE /api_keys/{id}"] = new(_ => null, [], [Platform, "api_keys:write"]),
        ["GET /tenants"] = new(_ => null, [.. Everybody, "tenants:read"]),
        ["POST /tenants"] = new(_ => new() { ["slug"] = Some.Slug() }, [Platform, "tenants:write"]),
        ["GET /tenants/{id}"] = new(
            _ => null,
            [Platform, TenantAdmin, Support, Auditor, TenantSupport, "tenants:read"],
            [OtherTenant]
        ),
        ["PUT /tenants/{id}"] = new(_ => new() { ["name"] = "x" }, [Platform, "tenants:write"]),
        ["DELETE /tenants/{id}"] = new(_ => null, [Platform, "tenants:write"]),
        ["POST /tenants/{id}/restore"] = new(_ => null, [Platform, "tenants:write"]),
        ["GET /workspaces"] = new(_ => null, [.. Everybody, "workspaces:read"]),
        ["POST /workspaces"] = new(_ => new() { ["slug"] = Some.Slug() }, [Platform, "workspaces:write"]),
        // Who is bound to tenants by their names is a member of no workspace.
        ["GET /workspaces/{id}"] = new(
            _ => null,
            [Platform, Support, Auditor, "workspaces:read"],
            [TenantAdmin, OtherTenant, TenantSupport]
        ),
        ["PUT /workspaces/{id}"] = new(_ => new() { ["name"] = "x" }, [Platform, "workspaces:write"]),
        ["DELETE /workspaces/{id}"] = new(_ => null, [Platform, "workspaces:write"]),
        ["GET /plans"] = new(_ => null, [.. Everybody, "tenants:read"]),
        ["GET /schemas"] = new(_ => null, [.. ReadersOfTenant, "schemas:read"], [OtherTenant], Query: OfTenant),
        // The schema lacks its attributes.
        ["POST /schemas"] = new(
            _ => Schema(),
            [Platform, TenantAdmin, "schemas:write"],
            [OtherTenant],
            Query: OfTenant
        ),
        // There is no such schema: 404 to those who may see it, too.
        ["GET /schemas/{urn}"] = new(_ => null, [], [.. ReadersOfTenant, OtherTenant, "schemas:read"], Query: OfTenant),
        ["PUT /schemas/{urn}"] = new(
            _ => Schema(),
            [Platform, TenantAdmin, "schemas:write"],
            [OtherTenant],
            Query: OfTenant
        ),
        ["DELETE /schemas/{urn}"] = new(
            _ => null,
            [],
            [Platform, TenantAdmin, OtherTenant, "schemas:write"],
            Query: OfTenant
        ),
        ["GET /config"] = new(_ => null, [.. ReadersOfTenant, "config:read"], [OtherTenant], Query: OfTenant),
        ["PUT /config"] = new(_ => [], [Platform, "config:write"]),
        ["GET /config/versions"] = new(_ => null, [.. ReadersOfTenant, "config:read"], [OtherTenant], Query: OfTenant),
        ["GET /config/versions/{version}"] = new(
            _ => null,
            [.. ReadersOfTenant, "config:read"],
            [OtherTenant],
            Query: OfTenant
        ),
        ["POST /config/versions/{version}/restore"] = new(_ => null, [Platform, "config:write"]),
        ["GET /scim_clients"] = new(_ => null, [.. Everybody, "scim_clients:read"]),
        ["POST /scim_clients"] = new(
            target => new() { ["tenantId"] = target.Tenant.ToString("D"), ["name"] = "x" },
            [Platform, TenantAdmin, OtherTenant, "scim_clients:write"]
        ),
        ["GET /scim_clients/{id}"] = new(_ => null, ReadersOfClients, [OtherTenant]),
        ["POST /scim_clients/{id}/test"] = new(_ => null, ReadersOfClients, [OtherTenant]),
        ["PUT /scim_clients/{id}"] = new(_ => new() { ["name"] = "x" }, WritersOfClients, [OtherTenant]),
        ["DELETE /scim_clients/{id}"] = new(_ => null, WritersOfClients, [OtherTenant]),
        ["POST /scim_clients/{id}/tokens"] = new(_ => null, WritersOfClients, [OtherTenant]),
        ["POST /scim_clients/{id}/tokens/rotate"] = new(_ => null, WritersOfClients, [OtherTenant]),
        // The token does not exist: 404 to those who may revoke it, too.
        ["DELETE /scim_clients/{id}/tokens/{tokenId}"] = new(_ => null, [], [.. WritersOfClients, OtherTenant]),
    };

    private readonly Dictionary<string, string?> _refused = [];
    private readonly Dictionary<string, Func<Task<string>>> _accepted = [];
    private AdminHost _host = null!;
    private Guid _tenant;
    private Guid _target;
    private string _slug = "";

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind, new Dictionary<string, string> { ["Session:LeaseSeconds"] = "3600" });
        using var scim = await TestTenant.CreateAsync(_host.Server);
        using var other = await TestTenant.CreateAsync(_host.Server);
        (_tenant, _slug) = (Guid.Parse(scim.TenantId), scim.Slug);
        await AddOperatorAsync(Platform, Platform);
        using var admin = _host.Client(await _accepted[Platform]());
        foreach (var scope in PermissionNames.All)
        {
            var key = await KeyAsync(admin, scope);
            _accepted[scope] = () => Task.FromResult(key.Value);
        }

        var revoked = await KeyAsync(admin, "operators:read");
        await admin.DeleteAsync($"/api_keys/{revoked.Id}").Expecting(204);
        using var ended = await _host.SignInAsync("support");
        await ended.PostAsync("/logout").Expecting(204);
        using var lapsed = await _host.SignInAsync("support");
        _host.Clock.Advance(TimeSpan.FromHours(1.1));
        await AddOperatorAsync(Platform, Platform);
        await AddOperatorAsync(TenantAdmin, "tenant-admin", _tenant);
        await AddOperatorAsync(OtherTenant, "tenant-admin", Guid.Parse(other.TenantId));
        await AddOperatorAsync(Support, "support");
        await AddOperatorAsync(Auditor, "auditor");
        await AddOperatorAsync(TenantSupport, "support", _tenant);
        _refused["nothing"] = null;
        _refused["an empty token"] = "";
        _refused["garbage"] = "garbage";
        _refused["a session that never was"] = OpaqueToken.Generate(OpaqueToken.Session);
        _refused["a key that never was"] = OpaqueToken.Generate(OpaqueToken.ApiKey);
        _refused["a token of enrolment"] = OpaqueToken.Generate(OpaqueToken.Enrollment);
        _refused["an ended session"] = ended.Token;
        _refused["a session past its lease"] = lapsed.Token;
        _refused["a revoked key"] = revoked.Value;
        _refused["a SCIM client's token"] = scim.Token;
    }

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public void Every_route_has_a_case() =>
        Routes
            .Of(_host.Server)
            .Where(route => route.IsAdmin)
            .Select(route => $"{route.Method} {route.Path[Base.Length..]}")
            .Should()
            .BeEquivalentTo(Cases.Keys);

    [Test]
    public async Task Without_a_valid_credential_nothing_but_sign_in_answers()
    {
        foreach (var (kindOfToken, token) in _refused)
        {
            foreach (var (route, example) in Cases.Where(pair => !pair.Value.IsPublic))
            {
                var answer = await CallAsync(route, example, token, new Target(Guid.NewGuid(), _tenant));

                answer.Status.Should().Be(401, $"{route} with {kindOfToken}");
                answer.Problem().Should().BeOneOf("credential-missing", "credential-invalid", "session-lease-expired");
                answer.Header("WWW-Authenticate").Should().StartWith("Bearer");
            }
        }
    }

    [Test]
    public async Task Every_credential_gets_through_where_the_policy_names_it_and_nowhere_else()
    {
        foreach (var (name, token) in _accepted.ToList())
        {
            foreach (var (route, example) in Cases.Where(pair => !pair.Value.IsPublic))
            {
                // Another one for each call that may really delete it.
                var target = new Target(await TargetAsync(route), _tenant);

                var answer = await CallAsync(route, example, await token(), target);

                var what = $"{route} with {name}: {answer}";
                if (example.Allowed.Contains(name))
                {
                    // What comes after the gate may still object: to the body, or to the want of a fresh code.
                    (
                        answer.Status is 200 or 201 or 204 or 422
                        || answer.Text.Contains("step-up-required", StringComparison.Ordinal)
                        || answer.Text.Contains("invalid-credentials", StringComparison.Ordinal)
                    )
                        .Should()
                        .BeTrue(what);
                }
                else if (example.Hidden.Contains(name))
                {
                    answer.Status.Should().Be(404, what);
                }
                else
                {
                    answer.Status.Should().Be(403, what);
                    answer.Problem().Should().Be("insufficient-permission", what);
                }
            }
        }
    }

    [Test]
    public async Task A_credential_of_the_control_plane_is_none_for_SCIM()
    {
        using var scim = new ScimClient(_host.Server.BaseAddress, await _accepted[Platform]());

        (await scim.GetAsync("/Users")).Status.Should().Be(401);
    }

    private static JsonObject Schema() =>
        new()
        {
            ["resourceType"] = "User",
            ["schema"] = new JsonObject { ["id"] = "urn:a:b" },
        };

    private static async Task<(string Id, string Value)> KeyAsync(AdminClient admin, string scope)
    {
        var body = new JsonObject { ["name"] = Some.Name(), ["scopes"] = new JsonArray(scope) };
        var created = await admin.PostAsync("/api_keys", body).Expecting(201);
        return (created.Id, created.Json.GetProperty("value").GetString()!);
    }

    // Logout and the like end a session: then there is another one.
    private async Task AddOperatorAsync(string name, string role, params Guid[] tenants)
    {
        var account = await _host.OperatorAsync(role, tenants);
        var client = await _host.SignInAsync(account);
        _accepted[name] = async () =>
        {
            if ((await client.GetAsync("/session")).Status == 200)
            {
                return client.Token!;
            }

            client = await _host.SignInAsync(account);
            return client.Token!;
        };
    }

    private async Task<ScimResponse> CallAsync(string route, Case example, string? token, Target target)
    {
        var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
        using var client = _host.Client(token);
        return await client.SendAsync(
            method,
            path.Replace("{tenantId}", target.Tenant.ToString("D"), StringComparison.Ordinal)
                .Replace("{id}", target.Id.ToString("D"), StringComparison.Ordinal)
                .Replace("{sessionId}", Guid.NewGuid().ToString("D"), StringComparison.Ordinal)
                .Replace("{urn}", "urn:a:b", StringComparison.Ordinal)
                .Replace("{tokenId}", "nosuchtoken", StringComparison.Ordinal)
                .Replace("{version}", "1", StringComparison.Ordinal) + example.Query?.Invoke(target),
            example.Body(target)?.ToJsonString()
        );
    }

    /// <summary>What the route's id names.</summary>
    private async Task<Guid> TargetAsync(string route)
    {
        if (route is "DELETE /tenants/{id}" or "POST /tenants/{id}/restore")
        {
            var tenant = await _host.SendAsync(new CreateTenant(Some.Slug(), null));
            if (route.StartsWith("POST", StringComparison.Ordinal))
            {
                await _host.SendAsync(new DeleteTenant(tenant.Id, false, null));
            }

            return tenant.Id.Value;
        }

        if (route.Contains("/workspaces/{id}", StringComparison.Ordinal))
        {
            return (await _host.SendAsync(new CreateWorkspace(Some.Slug(), null))).Id;
        }

        if (route.Contains("/scim_clients/{id}", StringComparison.Ordinal))
        {
            return (await _host.SendAsync(new CreateClient(_slug, "x"))).ClientId;
        }

        if (route == "DELETE /operators/{id}")
        {
            return (await _host.OperatorAsync("tenant-admin", _tenant)).Id;
        }

        // Otherwise one is enough: a password is slow to hash.
        if (_target == Guid.Empty)
        {
            _target = (await _host.OperatorAsync("tenant-admin", _tenant)).Id;
        }

        return route.Contains("/tenants/{id}", StringComparison.Ordinal) ? _tenant : _target;
    }

    private sealed record Target(Guid Id, Guid Tenant);

    /// <param name="Allowed">Credentials that the gate and the handler let act.</param>
    /// <param name="Hidden">Those to whom the thing does not exist.</param>
    private sealed record Case(
        Func<Target, JsonObject?> Body,
        string[] Allowed,
        string[]? HiddenFrom = null,
        bool IsPublic = false,
        Func<Target, string>? Query = null
    )
    {
        public string[] Hidden => HiddenFrom ?? [];
    }
}
