using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Observability;

/// <summary>The log of a real process, while every part of a request carries a word that must not come back in it.</summary>
[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §7.4, §7.5.2")]
[Property("Capability", "Logs hold no attribute value, password or token, on error paths neither")]
public sealed class LogPrivacyTests(DatabaseKind database)
{
    private const string Canary = "cAnArYvAlUe";

    private TestDatabase _database = null!;
    private ApiProcess _server = null!;
    private TestTenant _tenant = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(database);
        _server = await ApiProcess.StartAsync(
            _database,
            // Reads are logged by sample; here all of them are.
            new Dictionary<string, string> { ["Telemetry:ReadLogSampleRatio"] = "1" }
        );
        _tenant = await TestTenant.CreateAsync(_server);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _tenant?.Dispose();
        _server?.Dispose();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task No_value_of_a_request_reaches_the_log()
    {
        var client = _tenant.Client;
        var user = Person();
        var created = await client.PostAsync("/Users", user);
        created.Status.Should().Be(201, created.Text);
        var id = created.Id;
        var group = (await client.PostAsync("/Groups", Some.Group(Canary, id))).Id;
        var filter = Uri.EscapeDataString($"userName eq \"{Canary}@example.com\" or title co \"{Canary}\"");
        var wrong = _tenant.Token[..30] + Canary + _tenant.Token[(30 + Canary.Length)..];
        (string Method, string Path, string? Body, (string, string?)[] Headers)[] calls =
        [
            ("GET", $"/Users/{id}", null, []),
            ("GET", $"/Users?filter={filter}", null, []),
            ("POST", "/Users/.search", Messages.Search($"title eq \"{Canary}\"").ToJsonString(), []),
            ("PUT", $"/Users/{id}", user.ToJsonString(), []),
            ("PATCH", $"/Users/{id}", Messages.Patch("replace", "nickName", Canary + "2").ToJsonString(), []),
            ("PATCH", $"/Users/{id}", Messages.Patch("replace", "password", Canary + "-p2").ToJsonString(), []),
            // Refusals of every kind.
            ("POST", "/Users", user.ToJsonString(), []),
            ("POST", "/Groups", Some.Group(Canary).ToJsonString(), []),
            ("POST", "/Users", $"{{\"userName\":\"{Canary}", []),
            (
                "POST",
                "/Users",
                $"{{\"schemas\":[\"x\"],\"userName\":\"{Canary}\\u0000\",\"title\":\"{Canary}\\ud800\"}}",
                []
            ),
            (
                "POST",
                "/Users",
                $"{{\"schemas\":[\"x\"],\"{Canary}\":{{\"{Canary}\":\"{Canary}\"}},\"userName\":1}}",
                []
            ),
            ("PATCH", $"/Users/{id}", Messages.Patch("replace", Canary + ".x", Canary).ToJsonString(), []),
            ("PATCH", $"/Users/{id}", Messages.Patch(Canary, "title", Canary).ToJsonString(), []),
            ("PATCH", $"/Groups/{group}", Messages.AddMembers(Canary).ToJsonString(), []),
            ("GET", $"/Users/{Canary}", null, []),
            ("GET", $"/{Canary}", null, []),
            ("GET", $"/Users?filter={Canary}%20eq%20%22{Canary}", null, []),
            ("GET", $"/Users?cursor={Canary}&{Canary}={Canary}", null, []),
            ("GET", $"/Users?sortBy={Canary}&attributes={Canary}", null, []),
            ("PUT", $"/Users/{id}", user.ToJsonString(), [("If-Match", $"W/\"{Canary}\"")]),
            ("POST", "/Users", user.ToJsonString(), [("Content-Type", $"text/{Canary}")]),
            ("GET", "/Users", null, [("X-Request-Id", Canary + " !"), ("User-Agent", Canary), ("Cookie", Canary)]),
            ("GET", "/Users", null, [("Authorization", "Bearer " + wrong)]),
            ("GET", "/Users", null, [("Authorization", "Basic " + Canary)]),
            ("GET", $"/Users?access_token={_tenant.Token}", null, [("Authorization", null)]),
            ("GET", "/Users", null, [("traceparent", Canary), ("tracestate", Canary)]),
            (
                "POST",
                "/Bulk",
                Messages
                    .Bulk(
                        Messages.BulkOperation("POST", "/Users", Person(), Canary),
                        Messages.BulkOperation("DELETE", $"/{Canary}/{Canary}")
                    )
                    .ToJsonString(),
                []
            ),
            (Canary.ToUpperInvariant(), $"/Users/{id}", null, []),
            ("DELETE", $"/Groups/{group}", null, []),
            ("DELETE", $"/Users/{id}", null, []),
        ];
        foreach (var (method, path, body, headers) in calls)
        {
            (await client.SendAsync(method, path, body, headers)).Status.Should().BeLessThan(500, $"{method} {path}");
        }

        (await _server.StopAsync()).Should().Be(0);
        var log = _server.Output;

        log.Should().Contain("RequestLog", "there is a log to look into");
        log.Should().NotContainEquivalentOf(Canary);
        log.Should().NotContain(_tenant.Token);
        log.Should().NotContain(_tenant.Token.Split('_')[2]);
        foreach (var line in log.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parse = () => JsonElement.Parse(line);
            parse.Should().NotThrow(line);
        }

        // Nor does the journal's row; what changed lies beside it and can be erased.
        var tail = await TestKit.Cli.RunAsync(_database, "journal", "tail", "--tenant", _tenant.Slug, "--json");
        tail.ExitCode.Should().Be(0, tail.Error);
        tail.Output.Should().NotContainEquivalentOf(Canary);
    }

    private static JsonObject Person()
    {
        var user = Some.User(Canary + "@example.com");
        foreach (var name in (string[])["externalId", "displayName", "title", "nickName", "userType", "locale"])
        {
            user[name] = Canary + name;
        }

        user["password"] = Canary + "-password";
        user["name"] = new JsonObject { ["familyName"] = Canary, ["givenName"] = Canary };
        user["emails"] = new JsonArray(new JsonObject { ["value"] = Canary + "@mail.example.com", ["type"] = Canary });
        user["phoneNumbers"] = new JsonArray(new JsonObject { ["value"] = Canary });
        user["urn:example:" + Canary] = new JsonObject { [Canary] = Canary };
        user[Canary] = Canary;
        user[Messages.Enterprise] = new JsonObject
        {
            ["employeeNumber"] = Canary,
            ["manager"] = new JsonObject { ["value"] = Canary },
        };
        return user;
    }
}
