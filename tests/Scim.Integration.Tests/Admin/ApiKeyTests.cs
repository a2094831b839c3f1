using System.Globalization;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "API keys: scopes, expiry, two live of a name, shown once, revoked at once")]
public sealed class ApiKeyTests(DatabaseKind kind)
{
    private AdminHost _host = null!;
    private AdminClient _admin = null!;
    private TestOperator _account = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind, new Dictionary<string, string> { ["Session:LeaseSeconds"] = "3600" });
        _account = await _host.OperatorAsync("platform-admin");
        _admin = await _host.SignInAsync(_account);
    }

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
    public async Task A_key_is_shown_once_and_does_what_its_scopes_say()
    {
        var created = await CreateAsync(Some.Name(), "operators:read");
        using var key = _host.Client(created.Json.GetProperty("value").GetString());

        (await key.GetAsync("/operators")).Status.Should().Be(200);
        (await key.GetAsync("/api_keys")).Problem().Should().Be("insufficient-permission");
        (await key.DeleteAsync($"/operators/{_account.Id}")).Status.Should().Be(403);
        (await key.PostAsync("/session/heartbeat")).Problem().Should().Be("insufficient-permission");

        var listed = await _admin.GetAsync("/api_keys?limit=500").Expecting(200);
        listed.Text.Should().NotContain(key.Token!);
        var item = listed
            .Json.GetProperty("items")
            .EnumerateArray()
            .Single(row => row.GetProperty("id").GetString() == created.Id);
        item.GetProperty("scopes")[0].GetString().Should().Be("operators:read");
        item.GetProperty("lastUsedAt")
            .GetDateTimeOffset()
            .Should()
            .BeCloseTo(_host.Clock.GetUtcNow(), TimeSpan.FromSeconds(30));
        var journal = await _host.JournalAsync();
        journal.Should().Contain(row => row.Operation == "api_key.create" && row.Resource == created.Id);
        journal.Should().NotContain(row => row.Detail != null && row.Detail.Contains(key.Token!));
    }

    [Test]
    public async Task Two_of_a_name_live_at_a_time_even_when_many_are_asked_for_at_once()
    {
        var name = Some.Name();
        var body = Body(name, "operators:read").ToJsonString();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(_ => _admin.SendAsync("POST", "/api_keys", body))
        );

        var won = answers.Where(answer => answer.Status == 201).ToList();
        won.Should().HaveCount(2);
        answers.Except(won).Should().OnlyContain(answer => answer.Status == 409);
        await _admin.DeleteAsync($"/api_keys/{won[0].Id}").Expecting(204);
        (await CreateAsync(name, "operators:read")).Status.Should().Be(201);
    }

    [Test]
    public async Task A_revoked_key_is_refused_at_once_by_every_replica()
    {
        var replica = await _host.AddReplicaAsync();
        var created = await CreateAsync(Some.Name(), "operators:read");
        using var there = _host.Client(created.Json.GetProperty("value").GetString(), replica);
        await there.GetAsync("/operators").Expecting(200);

        await _admin.DeleteAsync($"/api_keys/{created.Id}").Expecting(204);

        (await there.GetAsync("/operators")).Problem().Should().Be("credential-invalid");
        (await _admin.DeleteAsync($"/api_keys/{created.Id}")).Status.Should().Be(404);
    }

    [Test]
    public async Task A_key_ends_at_its_time()
    {
        var body = Body(Some.Name(), "operators:read");
        body["expiresAt"] = _host.Clock.GetUtcNow().AddMinutes(10).ToString("O", CultureInfo.InvariantCulture);
        var created = await _admin.PostAsync("/api_keys", body).Expecting(201);
        using var key = _host.Client(created.Json.GetProperty("value").GetString());
        (await key.GetAsync("/operators")).Status.Should().Be(200);

        _host.Clock.Advance(TimeSpan.FromMinutes(11));

        (await key.GetAsync("/operators")).Problem().Should().Be("credential-expired");
    }

    [Test]
    public async Task Unknown_scopes_and_past_times_are_refused_together()
    {
        var body = Body("", "scim:read");
        body["expiresAt"] = "2020-01-01T00:00:00Z";

        var answer = await _admin.PostAsync("/api_keys", body);

        answer.Status.Should().Be(422);
        answer.WrongFields().Should().BeEquivalentTo("name", "scopes", "expiresAt");
    }

    private static JsonObject Body(string name, params string[] scopes) =>
        new() { ["name"] = name, ["scopes"] = new JsonArray([.. scopes.Select(scope => (JsonNode)scope)]) };

    private Task<ScimResponse> CreateAsync(string name, params string[] scopes) =>
        _admin.PostAsync("/api_keys", Body(name, scopes)).Expecting(201);
}
