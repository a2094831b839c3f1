using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Operators;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

/// <summary>The log of a real process, while operators sign in, rightly and wrongly.</summary>
[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Logs hold no attribute value, password or token, on error paths neither")]
public sealed class AdminPrivacyTests(DatabaseKind kind)
{
    private const string Canary = "cAnArYsEcReT";
    private const string Secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

    [Test]
    public async Task No_credential_of_the_control_plane_reaches_the_log()
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var settings = new Dictionary<string, string>
        {
            ["Bootstrap:AdminUser"] = "root",
            ["Bootstrap:AdminPassword"] = $"{Canary} and more",
            ["Bootstrap:AdminTotpSecret"] = Secret,
            ["Telemetry:ReadLogSampleRatio"] = "1",
        };
        using var server = await ApiProcess.StartAsync(database, settings);
        using var client = new ScimClient(server.BaseAddress, null, "/admin/v1");
        var code = Totp.Compute(Totp.Decode(Secret)!, Totp.StepAt(TimeProvider.System.GetUtcNow()));

        var session = await client
            .PostAsync("/login", AdminHost.Login("root", $"{Canary} and more", code))
            .Expecting(200);
        client.Token = session.Json.GetProperty("sessionToken").GetString();
        JsonNode[] bodies =
        [
            AdminHost.Login("root", Canary, "000000"),
            AdminHost.Login(Canary, Canary),
            new JsonObject { [Canary] = Canary, ["password"] = new JsonArray(Canary) },
            JsonValue.Create(Canary),
        ];
        foreach (var body in bodies)
        {
            (await client.PostAsync("/login", body)).Status.Should().BeInRange(400, 499);
        }

        (await client.PostAsync("/login", $"{{\"userName\":\"{Canary}")).Status.Should().Be(400);
        (await client.PostAsync("/login/enroll", new JsonObject { ["token"] = Canary, ["totp"] = Canary }))
            .Status.Should()
            .Be(401);
        (await client.PostAsync("/session/step-up", new JsonObject { ["totp"] = Canary })).Status.Should().Be(401);
        (await client.GetAsync($"/operators/{Canary}?{Canary}={Canary}")).Status.Should().Be(404);
        (await client.GetAsync($"/operators?{Canary}={Canary}")).Status.Should().Be(422);
        (await client.GetAsync("/operators", ("Authorization", "Bearer " + Canary))).Status.Should().Be(401);
        (await server.StopAsync()).Should().Be(0);

        var log = server.Output;
        log.Should().Contain("/admin/v1/login", "there is a log to look into");
        log.Should().NotContainEquivalentOf(Canary);
        log.Should().NotContain(client.Token![5..]).And.NotContain(Secret);
        foreach (var line in log.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parse = () => JsonElement.Parse(line);
            parse.Should().NotThrow(line);
        }
    }
}
