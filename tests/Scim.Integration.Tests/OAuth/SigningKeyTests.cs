using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Admin;
using Scim.TestKit;

namespace Scim.Integration.Tests.OAuth;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "The key that signs access tokens is replaced at once, and revoked where it was betrayed")]
public sealed class SigningKeyTests(DatabaseKind kind)
{
    private AdminHost _host = null!;
    private TestOperator _account = null!;
    private AdminClient _admin = null!;
    private TestTenant _tenant = null!;
    private OAuthClient _oauth = null!;
    private OAuthClient _elsewhere = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind, new Dictionary<string, string> { ["Session:LeaseSeconds"] = "3600" });
        _account = await _host.OperatorAsync("platform-admin");
        _admin = await _host.SignInAsync(_account);
        _tenant = await TestTenant.CreateAsync(_host.Server);
        _oauth = new OAuthClient(_host.Server.BaseAddress);
        _elsewhere = new OAuthClient((await _host.AddReplicaAsync()).BaseAddress);
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
        _tenant?.Dispose();
        _oauth?.Dispose();
        _elsewhere?.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task A_new_key_signs_at_once_and_the_old_one_goes_on_verifying()
    {
        var before = await TokenAsync(_oauth);
        (await _elsewhere.ScimAsync(before)).Should().Be(HttpStatusCode.OK);

        var made = await _admin.PostAsync("/signing_keys/rotate").Expecting(201);

        made.Json.GetProperty("state").GetString().Should().Be("signing");
        made.Json.GetProperty("alg").GetString().Should().Be("ES256");
        var after = await TokenAsync(_oauth);
        Kid(after).Should().Be(made.Id).And.NotBe(Kid(before));
        // A replica that has not heard of the key yet looks for it.
        (await _elsewhere.ScimAsync(after))
            .Should()
            .Be(HttpStatusCode.OK);
        (await _elsewhere.ScimAsync(before)).Should().Be(HttpStatusCode.OK);
        await Eventually.IsTrueAsync(async () => Kid(await TokenAsync(_elsewhere)) == made.Id);
        var states = await StatesAsync();
        states[Kid(before)].Should().Be("verifying");
        states[made.Id].Should().Be("signing");
        (await PublishedAsync(_elsewhere)).Should().Contain([Kid(before), made.Id]);
        (await _host.JournalAsync())
            .Should()
            .Contain(row => row.Operation == "signing_key.rotate" && row.Resource == made.Id);
    }

    [Test]
    public async Task A_revoked_key_takes_its_tokens_with_it()
    {
        var before = await TokenAsync(_oauth);
        (await _elsewhere.ScimAsync(before)).Should().Be(HttpStatusCode.OK);
        (await _oauth.ScimAsync(before)).Should().Be(HttpStatusCode.OK);

        var made = await _admin.PostAsync("/signing_keys/rotate", new JsonObject { ["revoke"] = true }).Expecting(201);

        (await _oauth.ScimAsync(before)).Should().Be(HttpStatusCode.Unauthorized);
        await Eventually.IsTrueAsync(async () => await _elsewhere.ScimAsync(before) == HttpStatusCode.Unauthorized);
        (await PublishedAsync(_oauth)).Should().Equal(made.Id);
        var states = await StatesAsync();
        states[Kid(before)].Should().Be("revoked");
        (await _oauth.ScimAsync(await TokenAsync(_oauth))).Should().Be(HttpStatusCode.OK);
        (await _elsewhere.ScimAsync(await TokenAsync(_elsewhere))).Should().Be(HttpStatusCode.OK);
    }

    [Test]
    public async Task Rotations_at_once_are_one_after_the_other()
    {
        var made = await Task.WhenAll(
            Enumerable.Range(0, 5).Select(_ => _admin.PostAsync("/signing_keys/rotate").Expecting(201))
        );

        made.Select(key => key.Id).Should().OnlyHaveUniqueItems();
        (await StatesAsync()).Values.Count(state => state == "signing").Should().Be(1);
    }

    [Test]
    public async Task A_key_verifies_no_longer_than_its_tokens_can_live()
    {
        await using var host = await AdminHost.StartAsync(kind);
        using var admin = await host.SignInAsync("platform-admin");
        using var tenant = await TestTenant.CreateAsync(host.Server);
        using var oauth = new OAuthClient(host.Server.BaseAddress);
        var old = Kid((await oauth.ByPostAsync(tenant.ClientId, tenant.Token)).Token);
        var made = await admin.PostAsync("/signing_keys/rotate").Expecting(201);
        (await PublishedAsync(oauth)).Should().Equal(old, made.Id);

        host.Clock.Advance(TimeSpan.FromHours(3));

        (await PublishedAsync(oauth)).Should().Equal(made.Id);
    }

    [Test]
    public async Task Keys_are_listed_page_by_page_without_what_is_secret()
    {
        await _admin.PostAsync("/signing_keys/rotate").Expecting(201);
        await _admin.PostAsync("/signing_keys/rotate").Expecting(201);

        var all = await _admin.GetAsync("/signing_keys").Expecting(200);
        var page = await _admin.GetAsync("/signing_keys?limit=1").Expecting(200);
        var next = await _admin
            .GetAsync(page.Json.GetProperty("next").GetString()!["/admin/v1".Length..])
            .Expecting(200);

        all.Text.Should().NotContain("\"d\"").And.NotContainEquivalentOf("sealed");
        Ids(page).Concat(Ids(next)).Should().StartWith(Ids(all)[0]).And.HaveCountGreaterThan(1);
        Ids(page).Should().HaveCount(1);
    }

    [Test]
    public async Task A_body_that_says_something_else_rotates_nothing()
    {
        var before = await StatesAsync();

        var answer = await _admin.PostAsync("/signing_keys/rotate", new JsonObject { ["revoke"] = "yes", ["x"] = 1 });

        answer.Status.Should().Be(422);
        answer.WrongFields().Should().Equal("revoke", "x");
        (await StatesAsync()).Should().Equal(before);
    }

    [Test]
    public async Task Without_a_fresh_code_nothing_is_rotated()
    {
        using var stale = await _host.SignInAsync("platform-admin", stepUp: false);

        (await stale.PostAsync("/signing_keys/rotate")).Problem().Should().Be("step-up-required");
    }

    private async Task<string> TokenAsync(OAuthClient oauth) =>
        (await oauth.ByPostAsync(_tenant.ClientId, _tenant.Token)).Token;

    private async Task<Dictionary<string, string>> StatesAsync() =>
        Items(await _admin.GetAsync("/signing_keys?limit=500").Expecting(200))
            .ToDictionary(key => key.GetProperty("id").GetString()!, key => key.GetProperty("state").GetString()!);

    private static async Task<string[]> PublishedAsync(OAuthClient oauth) =>
        [
            .. (await oauth.GetAsync("/oauth2/jwks"))
                .GetProperty("keys")
                .EnumerateArray()
                .Select(key => key.GetProperty("kid").GetString()!),
        ];

    private static string[] Ids(ScimResponse page) =>
        [.. Items(page).Select(key => key.GetProperty("id").GetString()!)];

    private static JsonElement.ArrayEnumerator Items(ScimResponse page) =>
        page.Json.GetProperty("items").EnumerateArray();

    private static string Kid(string token) => OAuthClient.Part(token, 0).GetProperty("kid").GetString()!;
}
