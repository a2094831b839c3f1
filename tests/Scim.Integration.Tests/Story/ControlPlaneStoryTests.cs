using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Operators;
using Scim.TestKit;

namespace Scim.Integration.Tests.Story;

/// <summary>
/// The whole life of a tenant, over HTTP alone, on a server that is a process of its own; docs/admin-api.md tells the same
/// story with curl.
/// </summary>
[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "The control plane: from the first operator to the deleted tenant over HTTP, without a restart"
)]
public sealed class ControlPlaneStoryTests(DatabaseKind kind)
{
    private const string Password = "a long quiet river 9";
    private const int Users = 25;

    private static readonly (string, string?) Json = ("Content-Type", "application/json");

    [Test]
    public async Task From_the_first_operator_to_the_deleted_tenant()
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        using var server = await ApiProcess.StartAsync(
            database,
            new Dictionary<string, string> { ["Bootstrap:AdminUser"] = "root", ["Bootstrap:AdminPassword"] = Password }
        );
        using var admin = new ScimClient(server.BaseAddress, null, "/admin/v1");

        var secret = await SignInAsync(admin);
        var (tenant, client) = await CreateTenantAsync(admin);
        using var scim = new ScimClient(
            server.BaseAddress,
            client.GetProperty("token").GetProperty("value").GetString()
        );
        var users = await ProvisionAsync(scim);
        await RotateUnderLoadAsync(admin, scim, client.GetProperty("id").GetString()!, users);
        await ChangeLimitAsync(admin, scim);
        await ReadAuditAsync(admin, tenant, users);
        await EndTenantAsync(admin, scim, tenant, secret);
    }

    /// <summary>The first sign-in enrols the authenticator; what comes after it is a session.</summary>
    private static async Task<byte[]> SignInAsync(ScimClient admin)
    {
        var login = new JsonObject { ["userName"] = "root", ["password"] = Password };
        var enrollment = (await admin.PostAsync("/login", login, Json).Expecting(200)).Json.GetProperty("enrollment");
        var secret = Totp.Decode(enrollment.GetProperty("secret").GetString()!)!;
        var proof = new JsonObject
        {
            ["token"] = enrollment.GetProperty("token").GetString(),
            ["totp"] = Code(secret, -1),
        };
        var session = (await admin.PostAsync("/login/enroll", proof, Json).Expecting(200)).Json;
        session.GetProperty("recoveryCodes").GetArrayLength().Should().Be(10);
        admin.Token = session.GetProperty("sessionToken").GetString();
        return secret;
    }

    private static async Task<(string Tenant, JsonElement Client)> CreateTenantAsync(ScimClient admin)
    {
        var body = new JsonObject
        {
            ["slug"] = "acme",
            ["name"] = "Acme Inc.",
            ["plan"] = "standard",
        };
        var tenant = (await admin.PostAsync("/tenants", body, Json).Expecting(201)).Id;
        var client = new JsonObject
        {
            ["tenantId"] = tenant,
            ["name"] = "Okta",
            ["scopes"] = new JsonArray("scim:read", "scim:write"),
            ["profile"] = "okta",
        };
        return (tenant, (await admin.PostAsync("/scim_clients", client, Json).Expecting(201)).Json);
    }

    private static async Task<List<string>> ProvisionAsync(ScimClient scim)
    {
        var users = new List<string>();
        for (var i = 0; i < Users; i++)
        {
            users.Add((await scim.PostAsync("/Users", Some.User($"user{i}@acme.example")).Expecting(201)).Id);
        }

        await scim.PostAsync("/Groups", Some.Group("Everyone", [.. users])).Expecting(201);
        return users;
    }

    /// <summary>The identity provider goes on with the old token until somebody gives it the new one.</summary>
    private static async Task RotateUnderLoadAsync(ScimClient admin, ScimClient scim, string client, List<string> users)
    {
        using var done = new CancellationTokenSource();
        var failed = 0;
        var answered = 0;
        var load = Enumerable
            .Range(0, 4)
            .Select(worker =>
                Task.Run(async () =>
                {
                    for (var i = worker; !done.IsCancellationRequested; i++)
                    {
                        var title = Messages.Patch("replace", "title", Number(i));
                        var answer = await scim.PatchAsync($"/Users/{users[i % Users]}", title);
                        Interlocked.Add(ref failed, answer.Status == 200 ? 0 : 1);
                        Interlocked.Increment(ref answered);
                    }
                })
            )
            .ToList();
        await Eventually.IsTrueAsync(() => Task.FromResult(Volatile.Read(ref answered) > 50));

        var rotated = await admin
            .PostAsync($"/scim_clients/{client}/tokens/rotate", new JsonObject { ["graceSeconds"] = 3600 }, Json)
            .Expecting(201);
        var before = Volatile.Read(ref answered);
        await Eventually.IsTrueAsync(() => Task.FromResult(Volatile.Read(ref answered) > before + 50));
        scim.Token = rotated.Json.GetProperty("value").GetString();
        before = Volatile.Read(ref answered);
        await Eventually.IsTrueAsync(() => Task.FromResult(Volatile.Read(ref answered) > before + 50));
        await done.CancelAsync();
        await Task.WhenAll(load);

        failed.Should().Be(0, "both tokens are good while the new one is handed over");
    }

    private static async Task ChangeLimitAsync(ScimClient admin, ScimClient scim)
    {
        var bulk = Messages.Bulk([
            .. Enumerable
                .Range(0, 3)
                .Select(i => Messages.BulkOperation("POST", "/Users", Some.User($"bulk{i}@acme.example"), Number(i))),
        ]);
        var settings = (await admin.GetAsync("/config").Expecting(200)).Json;
        var version = settings.GetProperty("version").GetRawText();
        var change = new JsonObject { ["settings"] = new JsonObject { ["limits.maxBulkOperations"] = 2 } };
        await admin.PutAsync("/config", change, Json, ("If-Match", version)).Expecting(200);

        await Eventually.IsTrueAsync(async () =>
            (await scim.GetAsync("/ServiceProviderConfig"))
                .Json.GetProperty("bulk")
                .GetProperty("maxOperations")
                .GetInt32() == 2
        );
        await scim.PostAsync("/Bulk", bulk).Expecting(413);
        await admin.PutAsync("/config", change, Json, ("If-Match", version)).Expecting(412);
    }

    private static async Task ReadAuditAsync(ScimClient admin, string tenant, List<string> users)
    {
        var created = (
            await admin.GetAsync($"/audit?tenantId={tenant}&operation=user.create&limit=500").Expecting(200)
        ).Json.GetProperty("items");
        created
            .EnumerateArray()
            .Select(item => item.GetProperty("resourceId").GetString())
            .Should()
            .Equal(Enumerable.Reverse(users), "newest first");
        var rotated = await admin.GetAsync($"/audit?tenantId={tenant}&operation=token.rotate").Expecting(200);
        rotated.Json.GetProperty("items")[0].GetProperty("actor").GetProperty("name").GetString().Should().Be("root");

        var export = await admin
            .GetAsync($"/audit/export?tenantId={tenant}&operation=user.create&format=ndjson")
            .Expecting(200);
        export.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(Users);
        var csv = await admin
            .GetAsync($"/audit/export?tenantId={tenant}&operation=user.create&format=csv")
            .Expecting(200);
        csv.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(Users + 1);

        var timeline = await admin.GetAsync($"/tenants/{tenant}/users/{users[0]}/timeline").Expecting(200);
        timeline
            .Json.GetProperty("items")
            .EnumerateArray()
            .Select(item => item.GetProperty("operation").GetString())
            .Should()
            .Contain("user.create")
            .And.Contain("user.update");
        var verified = await admin.GetAsync($"/audit/verify?tenantId={tenant}").Expecting(200);
        verified.Json.GetProperty("intact").GetBoolean().Should().BeTrue(verified.Text);
    }

    private static async Task EndTenantAsync(ScimClient admin, ScimClient scim, string tenant, byte[] secret)
    {
        await admin.PutAsync($"/tenants/{tenant}", new JsonObject { ["state"] = "suspended" }, Json).Expecting(200);
        await Eventually.IsTrueAsync(async () => (await scim.GetAsync("/Users?count=1")).Status == 403);

        await admin.DeleteAsync($"/tenants/{tenant}").Expecting(403);
        var code = new JsonObject { ["totp"] = Code(secret, 1) };
        await admin.PostAsync("/session/step-up", code, Json).Expecting(200);
        var deleted = await admin.DeleteAsync($"/tenants/{tenant}").Expecting(200);
        deleted.Json.GetProperty("state").GetString().Should().Be("deleting");
        await Eventually.IsTrueAsync(async () => (await scim.GetAsync("/Users?count=1")).Status == 401);
        await admin.PostAsync("/tenants", new JsonObject { ["slug"] = "acme" }, Json).Expecting(409);
    }

    private static string Number(int i) => i.ToString(CultureInfo.InvariantCulture);

    /// <summary>Each code works once, so later ones are of later steps; a neighbouring step is taken for a clock that differs.</summary>
    private static string Code(byte[] secret, int steps) =>
        Totp.Compute(secret, Totp.StepAt(TimeProvider.System.GetUtcNow()) + steps);
}
