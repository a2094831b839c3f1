using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Operators;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "Operators have roles, on the installation or on named tenants, and nobody grants more than they have"
)]
public sealed class OperatorTests(DatabaseKind kind)
{
    private AdminHost _host = null!;
    private AdminClient _admin = null!;
    private Guid _tenant;
    private Guid _other;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind, new Dictionary<string, string> { ["Session:LeaseSeconds"] = "3600" });
        using var tenant = await TestTenant.CreateAsync(_host.Server);
        using var other = await TestTenant.CreateAsync(_host.Server);
        _tenant = Guid.Parse(tenant.TenantId);
        _other = Guid.Parse(other.TenantId);
        // For all tests of the fixture, so it steps up before each.
        _account = await _host.OperatorAsync("platform-admin");
        _admin = await _host.SignInAsync(_account);
    }

    private TestOperator _account = null!;

    [SetUp]
    public async Task StepUp() =>
        await _admin
            .PostAsync("/session/step-up", new JsonObject { ["totp"] = _host.NextCode(_account) })
            .Expecting(200);

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task An_operator_is_created_read_changed_and_deleted()
    {
        var body = AdminHost.Operator(role: "auditor");
        var created = await _admin.PostAsync("/operators", body).Expecting(201);
        var path = created.Header("Location")!["/admin/v1".Length..];
        path.Should().Be($"/operators/{created.Id}");
        created.Header("ETag").Should().Be("W/\"1\"");
        created.Text.Should().NotContain(body["password"]!.GetValue<string>()).And.NotContain("assword");
        created.Json.GetProperty("totpEnrolled").GetBoolean().Should().BeFalse();
        (await _admin.GetAsync(path)).Text.Should().Be(created.Text);

        body["roles"] = new JsonArray("support", "auditor");
        body.Remove("password");
        var changed = await _admin.PutAsync(path, body, ("If-Match", "W/\"1\"")).Expecting(200);
        changed
            .Json.GetProperty("roles")
            .EnumerateArray()
            .Select(role => role.GetString())
            .Should()
            .Equal("auditor", "support");
        changed.Header("ETag").Should().Be("W/\"2\"");
        var late = await _admin.PutAsync(path, body, ("If-Match", "\"1\""));
        late.Status.Should().Be(412);
        late.Json.GetProperty("currentVersion").GetInt64().Should().Be(2);

        await _admin.DeleteAsync(path).Expecting(204);
        (await _admin.GetAsync(path)).Status.Should().Be(404);
        (await _admin.DeleteAsync(path)).Status.Should().Be(404);
        (await _host.JournalAsync())
            .Where(row => row.Resource == created.Id)
            .Select(row => row.Operation)
            .Should()
            .Equal("operator.create", "operator.update", "operator.delete");
    }

    [Test]
    public async Task Who_has_lost_the_authenticator_enrols_another()
    {
        var lost = await _host.OperatorAsync("support");
        using var session = await _host.SignInAsync(lost);
        var path = $"/operators/{lost.Id:D}";
        var version = (await _admin.GetAsync(path)).Json.GetProperty("version").GetInt64();
        using var stale = await _host.SignInAsync("platform-admin", stepUp: false);
        (await stale.DeleteAsync($"{path}/totp")).Problem().Should().Be("step-up-required");
        var late = await _admin.SendAsync("DELETE", $"{path}/totp", null, ("If-Match", $"W/\"{version + 1}\""));
        late.Status.Should().Be(412);
        (await session.GetAsync("/session")).Status.Should().Be(200);

        await _admin.DeleteAsync($"{path}/totp").Expecting(204);

        (await session.GetAsync("/session")).Problem().Should().Be("credential-invalid");
        (await _admin.GetAsync(path)).Json.GetProperty("totpEnrolled").GetBoolean().Should().BeFalse();
        using var client = _host.Client();
        // The old code does not even count as one.
        var body = AdminHost.Login(lost.UserName, lost.Password, _host.NextCode(lost));
        var offer = (await client.PostAsync("/login", body).Expecting(200)).Json.GetProperty("enrollment");
        var secret = Totp.Decode(offer.GetProperty("secret").GetString()!)!;
        var enrolled = await client
            .PostAsync(
                "/login/enroll",
                new JsonObject
                {
                    ["token"] = offer.GetProperty("token").GetString(),
                    ["totp"] = Totp.Compute(secret, Totp.StepAt(_host.Clock.GetUtcNow())),
                }
            )
            .Expecting(200);
        enrolled.Json.GetProperty("recoveryCodes").GetArrayLength().Should().Be(10);
        (await _host.JournalAsync())
            .Where(row =>
                row.Resource == lost.Id.ToString("D") && row.Operation.Contains("totp", StringComparison.Ordinal)
            )
            .Select(row => row.Operation)
            .Should()
            .Equal("operator.totp.reset");
    }

    [Test]
    public async Task A_recovery_code_of_a_lost_authenticator_is_worth_nothing()
    {
        var body = AdminHost.Operator();
        var (name, password) = (body["userName"]!.GetValue<string>(), body["password"]!.GetValue<string>());
        var id = (await _admin.PostAsync("/operators", body).Expecting(201)).Id;
        using var client = _host.Client();
        var old = await EnrollAsync(client, name, password);
        await _admin.DeleteAsync($"/operators/{id}/totp").Expecting(204);
        var fresh = await EnrollAsync(client, name, password);

        var login = AdminHost.Login(name, password);
        login["recoveryCode"] = old[0];
        (await client.PostAsync("/login", login)).Problem().Should().Be("invalid-credentials");
        login["recoveryCode"] = fresh[0];
        await client.PostAsync("/login", login).Expecting(200);
    }

    private async Task<string[]> EnrollAsync(AdminClient client, string name, string password)
    {
        var offer = (await client.PostAsync("/login", AdminHost.Login(name, password)).Expecting(200)).Json.GetProperty(
            "enrollment"
        );
        var secret = Totp.Decode(offer.GetProperty("secret").GetString()!)!;
        var body = new JsonObject
        {
            ["token"] = offer.GetProperty("token").GetString(),
            ["totp"] = Totp.Compute(secret, Totp.StepAt(_host.Clock.GetUtcNow())),
        };
        var enrolled = await client.PostAsync("/login/enroll", body).Expecting(200);
        return [.. enrolled.Json.GetProperty("recoveryCodes").EnumerateArray().Select(code => code.GetString()!)];
    }

    [Test]
    public async Task A_name_belongs_to_one_operator_whatever_its_case()
    {
        var body = AdminHost.Operator("Jane.Doe@example.com");
        await _admin.PostAsync("/operators", body).Expecting(201);

        body["userName"] = "jane.doe@EXAMPLE.com";

        (await _admin.PostAsync("/operators", body)).Problem().Should().Be("conflict");
    }

    [TestCase("password1234", TestName = "a common one with digits")]
    [TestCase("Iloveyou!!!!", TestName = "a common one with signs")]
    [TestCase("123456789012", TestName = "digits")]
    [TestCase("abababababab", TestName = "two letters")]
    [TestCase("elevenchars", TestName = "too short")]
    public async Task A_password_that_is_guessed_first_is_refused(string password)
    {
        var body = AdminHost.Operator();
        body["password"] = password;

        var answer = await _admin.PostAsync("/operators", body);

        answer.Status.Should().Be(422);
        answer.WrongFields().Should().Equal("password");
        answer.Text.Should().NotContain(password);
    }

    [Test]
    public async Task Roles_and_tenants_must_fit_together()
    {
        (await _admin.PostAsync("/operators", AdminHost.Operator(null, "platform-admin", _tenant)))
            .WrongFields()
            .Should()
            .Equal("roles");
        (await _admin.PostAsync("/operators", AdminHost.Operator(null, "tenant-admin"))).Status.Should().Be(422);
        (await _admin.PostAsync("/operators", AdminHost.Operator(null, "tenant-admin", Guid.NewGuid())))
            .WrongFields()
            .Should()
            .Equal("tenantIds");
        await _admin.PostAsync("/operators", AdminHost.Operator(null, "tenant-admin", _tenant)).Expecting(201);
    }

    [Test]
    public async Task A_tenants_administrator_sees_and_makes_operators_of_these_tenants_only()
    {
        using var tenantAdmin = await _host.SignInAsync("tenant-admin", _tenant);
        var mine = await _host.OperatorAsync("support", _tenant);
        var theirs = await _host.OperatorAsync("support", _other);
        var both = await _host.OperatorAsync("support", _tenant, _other);

        var seen = (await tenantAdmin.GetAsync("/operators?limit=500"))
            .Json.GetProperty("items")
            .EnumerateArray()
            .Select(item => item.GetProperty("id").GetGuid())
            .ToList();
        seen.Should().Contain(mine.Id).And.NotContain([theirs.Id, both.Id, _account.Id]);
        (await tenantAdmin.GetAsync($"/operators/{mine.Id}")).Status.Should().Be(200);
        foreach (var hidden in (Guid[])[theirs.Id, both.Id, _account.Id])
        {
            (await tenantAdmin.GetAsync($"/operators/{hidden}")).Status.Should().Be(404);
            (await tenantAdmin.GetAsync($"/operators/{hidden}/sessions")).Status.Should().Be(404);
            (await tenantAdmin.DeleteAsync($"/operators/{hidden}")).Status.Should().Be(404);
            (await tenantAdmin.PutAsync($"/operators/{hidden}", AdminHost.Operator())).Status.Should().Be(404);
        }

        await tenantAdmin.PostAsync("/operators", AdminHost.Operator(null, "support", _tenant)).Expecting(201);
        (await tenantAdmin.PostAsync("/operators", AdminHost.Operator(null, "support", _tenant, _other)))
            .WrongFields()
            .Should()
            .Equal("tenantIds");
        (await tenantAdmin.PostAsync("/operators", AdminHost.Operator()))
            .Status.Should()
            .Be(403, "that is on the whole installation");
    }

    [Test]
    public async Task Nobody_grants_more_than_they_have_or_touches_those_who_have_more()
    {
        using var tenantAdmin = await _host.SignInAsync("tenant-admin", _tenant);
        // Support reads API keys, which a tenant's administrator does not.
        var support = await _host.OperatorAsync("support", _tenant);

        (await tenantAdmin.PostAsync("/operators", AdminHost.Operator(null, "platform-admin", _tenant)))
            .Status.Should()
            .Be(422);
        var body = AdminHost.Operator(support.UserName, "tenant-admin", _tenant);
        body.Remove("password");
        await tenantAdmin.PutAsync($"/operators/{support.Id}", body).Expecting(200);
        var scopes = PermissionNames.Of(OperatorRole.TenantAdmin.Permissions);
        using var key = _host.Client(await KeyAsync([.. scopes]));
        (await key.DeleteAsync($"/operators/{_account.Id}")).Problem().Should().Be("insufficient-permission");
        (await key.PostAsync("/operators", AdminHost.Operator(null, "platform-admin")))
            .Problem()
            .Should()
            .Be("insufficient-permission");
        (await key.PostAsync("/operators", AdminHost.Operator(null, "tenant-admin", _tenant)))
            .Problem()
            .Should()
            .Be("step-up-required");
    }

    [Test]
    public async Task A_new_password_from_an_administrator_or_oneself_ends_all_sessions()
    {
        var account = await _host.OperatorAsync("support");
        using var client = await _host.SignInAsync(account);
        var body = AdminHost.Operator(account.UserName);
        body["password"] = "quite another password 2";
        await _admin.PutAsync($"/operators/{account.Id}", body).Expecting(200);
        (await client.GetAsync("/session")).Status.Should().Be(401);

        var renewed = account with { Password = "quite another password 2" };
        using var again = await _host.SignInAsync(renewed);
        var change = new JsonObject
        {
            ["currentPassword"] = account.Password,
            ["newPassword"] = "and a third password 3",
        };
        (await again.PutAsync("/operators/me/password", change)).Problem().Should().Be("invalid-credentials");
        change["currentPassword"] = renewed.Password;
        change["newPassword"] = "password1234";
        (await again.PutAsync("/operators/me/password", change)).WrongFields().Should().Equal("newPassword");
        change["newPassword"] = "and a third password 3";
        await again.PutAsync("/operators/me/password", change).Expecting(204);
        (await again.GetAsync("/session")).Status.Should().Be(401);
        using var last = await _host.SignInAsync(account with { Password = "and a third password 3" });
    }

    [Test]
    public async Task The_last_who_can_administer_the_platform_stays_even_when_two_leave_at_once()
    {
        await using var host = await AdminHost.StartAsync(kind);
        var first = await host.OperatorAsync("platform-admin");
        var second = await host.OperatorAsync("platform-admin");
        using var one = await host.SignInAsync(first);
        using var two = await host.SignInAsync(second);

        var answers = await Task.WhenAll(
            one.DeleteAsync($"/operators/{second.Id}"),
            two.DeleteAsync($"/operators/{first.Id}")
        );

        // The slower one finds itself gone, or the other the last.
        answers.Count(answer => answer.Status == 204).Should().Be(1);
        var (left, client) = answers[0].Status == 204 ? (first, one) : (second, two);
        (await client.DeleteAsync($"/operators/{left.Id}")).Problem().Should().Be("conflict");
        var demoted = AdminHost.Operator(left.UserName);
        demoted.Remove("password");
        (await client.PutAsync($"/operators/{left.Id}", demoted)).Problem().Should().Be("conflict");
        demoted["roles"] = new JsonArray("platform-admin");
        demoted["state"] = "disabled";
        (await client.PutAsync($"/operators/{left.Id}", demoted)).Problem().Should().Be("conflict");
    }

    [Test]
    public async Task Of_parallel_edits_of_one_version_one_wins_and_those_without_all_succeed()
    {
        var account = await _host.OperatorAsync("auditor");
        var body = AdminHost.Operator(account.UserName, "auditor");
        body.Remove("password");
        var json = body.ToJsonString();

        var guarded = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ => _admin.SendAsync("PUT", $"/operators/{account.Id}", json, ("If-Match", "1")))
        );
        guarded.Select(answer => answer.Status).Order().Should().Equal(200, 412, 412, 412);

        var free = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => _admin.SendAsync("PUT", $"/operators/{account.Id}", json))
        );
        free.Should().OnlyContain(answer => answer.Status == 200);
    }

    private async Task<string> KeyAsync(params string[] scopes)
    {
        var body = new JsonObject
        {
            ["name"] = Some.Name(),
            ["scopes"] = new JsonArray([.. scopes.Select(scope => (JsonNode)scope)]),
        };
        var created = await _admin.PostAsync("/api_keys", body).Expecting(201);
        return created.Json.GetProperty("value").GetString()!;
    }
}
