using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Admin;
using Scim.TestKit;

namespace Scim.Integration.Tests.OAuth;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "OAuth 2.0 client credentials by secret and signed assertion, with short-lived access tokens")]
[Property("Rfc", "RFC 6749, RFC 7523, RFC 8414, RFC 9068")]
public sealed class ClientCredentialTests(DatabaseKind kind)
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly RSA _rsa = RSA.Create(2048);
    private AdminHost _host = null!;
    private AdminClient _admin = null!;
    private TestTenant _tenant = null!;
    private OAuthClient _oauth = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(
            kind,
            new Dictionary<string, string>
            {
                ["Session:LeaseSeconds"] = "3600",
                ["Limits:DiscoveryRequestsPerSecond"] = "0",
                ["Limits:FailedAuthenticationsPerMinute"] = "0",
            }
        );
        _admin = await _host.SignInAsync("platform-admin");
        _tenant = await TestTenant.CreateAsync(_host.Server);
        _oauth = new OAuthClient(_host.Server.BaseAddress);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        _tenant?.Dispose();
        _oauth?.Dispose();
        _key.Dispose();
        _rsa.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task A_secret_buys_an_access_token_that_SCIM_takes()
    {
        var client = await CreateAsync();

        foreach (
            var answer in new[]
            {
                await _oauth.ByBasicAsync(client.Id, client.Secret),
                await _oauth.ByPostAsync(client.Id, client.Secret),
            }
        )
        {
            answer.Status.Should().Be(HttpStatusCode.OK, answer.Json.ToString());
            answer.Json.GetProperty("token_type").GetString().Should().Be("Bearer");
            answer.Json.GetProperty("expires_in").GetInt32().Should().Be(600);
            answer.Json.GetProperty("scope").GetString().Should().Be("scim:read scim:write");
            answer.Response.Headers.CacheControl!.NoStore.Should().BeTrue();
            using var scim = new ScimClient(_host.Server.BaseAddress, answer.Token);
            await scim.PostAsync("/Users", Some.User()).Expecting(201);
        }
    }

    [Test]
    public async Task A_narrower_scope_is_granted_and_kept_to()
    {
        var client = await CreateAsync();

        var answer = await _oauth.ByBasicAsync(client.Id, client.Secret, "scim:read");

        answer.Json.GetProperty("scope").GetString().Should().Be("scim:read");
        using var scim = new ScimClient(_host.Server.BaseAddress, answer.Token);
        (await scim.GetAsync("/Users")).Status.Should().Be(200);
        (await scim.PostAsync("/Users", Some.User())).Status.Should().Be(403);
    }

    [Test]
    public async Task A_client_without_a_scope_cannot_ask_for_it()
    {
        var client = await CreateAsync(new JsonObject { ["scopes"] = new JsonArray("scim:read") });

        (await _oauth.ByBasicAsync(client.Id, client.Secret, "scim:write")).Error.Should().Be("invalid_scope");
        (await _oauth.ByBasicAsync(client.Id, client.Secret, "openid")).Error.Should().Be("invalid_scope");
    }

    [Test]
    public async Task Whatever_is_wrong_with_a_proof_the_answer_is_one_and_the_same()
    {
        var client = await CreateAsync();
        var other = await CreateAsync();
        var access = (await _oauth.ByPostAsync(client.Id, client.Secret)).Token;
        var answers = new[]
        {
            await _oauth.ByBasicAsync(client.Id, "wrong"),
            await _oauth.ByBasicAsync(client.Id, other.Secret),
            await _oauth.ByBasicAsync(Guid.NewGuid().ToString("D"), client.Secret),
            await _oauth.ByPostAsync("nobody", client.Secret),
            await _oauth.ByPostAsync(client.Id, null),
            // An access token is no secret: it would beget its successors for ever.
            await _oauth.ByPostAsync(client.Id, access),
        };

        answers.Should().OnlyContain(answer => answer.Status == HttpStatusCode.Unauthorized);
        answers.Select(answer => answer.Json.ToString()).Distinct().Should().ContainSingle();
        answers[0].Error.Should().Be("invalid_client");
        answers[0].Response.Headers.WwwAuthenticate.ToString().Should().StartWith("Basic");
    }

    [TestCase("scope=x", "invalid_request")]
    [TestCase("grant_type=password&client_id=x&client_secret=y", "unsupported_grant_type")]
    [TestCase("grant_type=client_credentials&grant_type=client_credentials", "invalid_request")]
    [TestCase("grant_type=client_credentials", "invalid_client")]
    [TestCase("grant_type=client_credentials&client_assertion=x", "invalid_request")]
    public async Task A_request_that_is_none_is_refused_by_its_code(string form, string code) =>
        (await _oauth.SendAsync(form)).Error.Should().Be(code);

    [Test]
    public async Task A_signed_assertion_is_taken_once()
    {
        var client = await CreateAsync(Keys());
        var claims = _oauth.Claims(client.Id, _host.Clock.GetUtcNow());
        var rsa = _oauth.Claims(client.Id, _host.Clock.GetUtcNow());

        var assertion = OAuthClient.Sign(claims, "ec", _key);
        var answer = await _oauth.ByAssertionAsync(assertion);
        var again = await _oauth.ByAssertionAsync(assertion);
        var byRsa = await _oauth.ByAssertionAsync(
            OAuthClient.Sign(
                rsa,
                "rsa",
                "RS256",
                text => _rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            )
        );

        answer.Status.Should().Be(HttpStatusCode.OK, answer.Json.ToString());
        (await _oauth.ScimAsync(answer.Token)).Should().Be(HttpStatusCode.OK);
        again.Error.Should().Be("invalid_client");
        byRsa.Status.Should().Be(HttpStatusCode.OK, byRsa.Json.ToString());
    }

    [Test]
    public async Task Of_many_that_send_one_assertion_at_once_one_wins()
    {
        var client = await CreateAsync(Keys());
        var assertion = OAuthClient.Sign(_oauth.Claims(client.Id, _host.Clock.GetUtcNow()), "ec", _key);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _oauth.ByAssertionAsync(assertion)));

        answers.Count(answer => answer.Status == HttpStatusCode.OK).Should().Be(1);
    }

    [TestCase("aud")]
    [TestCase("iss")]
    [TestCase("expired")]
    [TestCase("far")]
    [TestCase("jti")]
    [TestCase("early")]
    [TestCase("key")]
    [TestCase("none")]
    [TestCase("hmac")]
    [TestCase("unregistered")]
    public async Task An_assertion_that_is_not_quite_right_is_refused(string what)
    {
        var client = await CreateAsync(what == "unregistered" ? null : Keys());
        var now = _host.Clock.GetUtcNow();
        var claims = _oauth.Claims(client.Id, now);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        switch (what)
        {
            case "aud":
                claims["aud"] = "https://elsewhere.example/oauth2/token";
                break;
            case "iss":
                claims["iss"] = Guid.NewGuid().ToString("D");
                break;
            case "expired":
                claims["exp"] = now.AddSeconds(-1).ToUnixTimeSeconds();
                break;
            case "far":
                claims["exp"] = now.AddDays(1).ToUnixTimeSeconds();
                break;
            case "jti":
                claims.Remove("jti");
                break;
            case "early":
                claims["nbf"] = now.AddMinutes(4).ToUnixTimeSeconds();
                break;
            default:
                break;
        }

        var publicKey = Encoding.ASCII.GetBytes(_key.ExportSubjectPublicKeyInfoPem());
        var assertion = what switch
        {
            "key" => OAuthClient.Sign(claims, "ec", other),
            "none" => OAuthClient.Sign(claims, "ec", "none", _ => []),
            "hmac" => OAuthClient.Sign(claims, "ec", "HS256", text => HMACSHA256.HashData(publicKey, text)),
            _ => OAuthClient.Sign(claims, "ec", _key),
        };
        var answer = await _oauth.ByAssertionAsync(assertion);

        answer.Status.Should().Be(HttpStatusCode.Unauthorized);
        answer.Error.Should().Be("invalid_client");
    }

    [Test]
    public async Task Keys_that_are_none_or_private_are_refused()
    {
        using var small = RSA.Create(1024);
        var secret = OAuthClient.Jwk("ec", _key);
        secret["d"] = Base64Url.EncodeToString(_key.ExportParameters(true).D);
        JsonNode?[] sets =
        [
            new JsonObject(),
            new JsonObject { ["keys"] = new JsonArray() },
            new JsonObject { ["keys"] = new JsonArray(secret) },
            new JsonObject { ["keys"] = new JsonArray(OAuthClient.Jwk("small", small)) },
            new JsonObject { ["keys"] = new JsonArray(OAuthClient.Jwk("a", _key), OAuthClient.Jwk("a", _rsa)) },
            JsonValue.Create("keys"),
        ];

        foreach (var set in sets)
        {
            var body = Body(new JsonObject { ["jwks"] = set });
            body["certificates"] = new JsonArray("short");

            var answer = await _admin.PostAsync("/scim_clients", body);

            answer.Status.Should().Be(422);
            answer.WrongFields().Should().BeEquivalentTo("jwks", "certificates");
        }
    }

    [Test]
    public async Task An_access_token_is_verified_by_the_published_keys_alone()
    {
        var client = await CreateAsync();
        var token = (await _oauth.ByPostAsync(client.Id, client.Secret)).Token;

        var published = await _oauth.GetAsync("/oauth2/jwks");

        published.ToString().Should().NotContain("\"d\"");
        var header = OAuthClient.Part(token, 0);
        header.GetProperty("typ").GetString().Should().Be("at+jwt");
        header.GetProperty("alg").GetString().Should().Be("ES256");
        var jwk = published
            .GetProperty("keys")
            .EnumerateArray()
            .Single(key => key.GetProperty("kid").GetString() == header.GetProperty("kid").GetString());
        using var key = ECDsa.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = Bytes(jwk, "x"), Y = Bytes(jwk, "y") },
            }
        );
        var end = token.LastIndexOf('.');
        key.VerifyData(
                Encoding.ASCII.GetBytes(token[..end]),
                Base64Url.DecodeFromChars(token.AsSpan(end + 1)),
                HashAlgorithmName.SHA256
            )
            .Should()
            .BeTrue();
        OAuthClient.Part(token, 1).GetProperty("sub").GetString().Should().Be(client.Id);
    }

    [Test]
    public async Task An_access_token_that_was_changed_is_refused()
    {
        var client = await CreateAsync(new JsonObject { ["scopes"] = new JsonArray("scim:read") });
        var token = (await _oauth.ByPostAsync(client.Id, client.Secret)).Token;
        var parts = token.Split('.');
        var payload = JsonNode.Parse(OAuthClient.Part(token, 1).GetRawText())!.AsObject();
        payload["scope"] = "scim:read scim:write";
        var wider = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload.ToJsonString()));
        var none = Base64Url.EncodeToString("""{"alg":"none","typ":"at+jwt"}"""u8);
        var kid = OAuthClient.Part(token, 0).GetProperty("kid").GetString()!;

        (await _oauth.ScimAsync(token)).Should().Be(HttpStatusCode.OK);
        (await _oauth.ScimAsync($"{parts[0]}.{wider}.{parts[2]}")).Should().Be(HttpStatusCode.Unauthorized);
        (await _oauth.ScimAsync($"{none}.{wider}.")).Should().Be(HttpStatusCode.Unauthorized);
        // Signed by somebody else, and by the client itself: an assertion is no access token.
        (await _oauth.ScimAsync(OAuthClient.Sign(payload, kid, _key)))
            .Should()
            .Be(HttpStatusCode.Unauthorized);
        (await _oauth.ScimAsync($"{token}x")).Should().Be(HttpStatusCode.Unauthorized);
    }

    [Test]
    public async Task An_access_token_ends_after_minutes()
    {
        var client = await CreateAsync();
        var token = (await _oauth.ByPostAsync(client.Id, client.Secret)).Token;
        (await _oauth.ScimAsync(token)).Should().Be(HttpStatusCode.OK);

        _host.Clock.Advance(TimeSpan.FromSeconds(601));

        (await _oauth.ScimAsync(token)).Should().Be(HttpStatusCode.Unauthorized);
    }

    [TestCase("the client is removed")]
    [TestCase("the client is suspended")]
    [TestCase("the secret is revoked")]
    [TestCase("the key is taken away")]
    public async Task What_ends_a_credential_ends_its_access_tokens(string what)
    {
        var client = await CreateAsync(Keys());
        var path = $"/scim_clients/{client.Id}";
        var byKey = OAuthClient.Sign(_oauth.Claims(client.Id, _host.Clock.GetUtcNow()), "ec", _key);
        var answer = what.Contains("key", StringComparison.Ordinal)
            ? await _oauth.ByAssertionAsync(byKey)
            : await _oauth.ByPostAsync(client.Id, client.Secret);
        (await _oauth.ScimAsync(answer.Token)).Should().Be(HttpStatusCode.OK);

        await (
            what switch
            {
                "the client is removed" => _admin.DeleteAsync(path).Expecting(204),
                "the client is suspended" => _admin
                    .PutAsync(path, new JsonObject { ["name"] = "x", ["state"] = "suspended" })
                    .Expecting(200),
                "the secret is revoked" => _admin
                    .DeleteAsync($"{path}/tokens/{client.Secret.Split('_')[1]}")
                    .Expecting(204),
                _ => _admin.PutAsync(path, new JsonObject { ["name"] = "x" }).Expecting(200),
            }
        );

        await Eventually.IsTrueAsync(async () => await _oauth.ScimAsync(answer.Token) == HttpStatusCode.Unauthorized);
    }

    [Test]
    public async Task The_list_of_networks_holds_for_access_tokens_and_for_asking_for_them()
    {
        var client = await CreateAsync();
        var token = (await _oauth.ByPostAsync(client.Id, client.Secret)).Token;
        var body = new JsonObject { ["name"] = "x", ["allowedNetworks"] = new JsonArray("203.0.113.0/24") };

        await _admin.PutAsync($"/scim_clients/{client.Id}", body).Expecting(200);

        await Eventually.IsTrueAsync(async () => await _oauth.ScimAsync(token) == HttpStatusCode.Forbidden);
        await Eventually.IsTrueAsync(async () =>
            (await _oauth.ByPostAsync(client.Id, client.Secret)).Error == "unauthorized_client"
        );
    }

    [Test]
    public async Task Clients_find_out_where_and_how()
    {
        var metadata = await _oauth.GetAsync("/.well-known/oauth-authorization-server");

        metadata.GetProperty("issuer").GetString().Should().Be(_oauth.Issuer);
        metadata.GetProperty("token_endpoint").GetString().Should().Be(_oauth.Issuer + "/oauth2/token");
        metadata.GetProperty("jwks_uri").GetString().Should().Be(_oauth.Issuer + "/oauth2/jwks");
        metadata
            .GetProperty("token_endpoint_auth_methods_supported")
            .EnumerateArray()
            .Select(method => method.GetString())
            .Should()
            .BeEquivalentTo("client_secret_basic", "client_secret_post", "private_key_jwt");
    }

    [Test]
    public async Task After_thirty_days_there_is_a_new_key_and_the_last_one_still_verifies()
    {
        await using var host = await AdminHost.StartAsync(kind);
        using var tenant = await TestTenant.CreateAsync(host.Server);
        using var oauth = new OAuthClient(host.Server.BaseAddress);
        await oauth.ByPostAsync(tenant.ClientId, tenant.Token);
        host.Clock.Advance(TimeSpan.FromDays(30) - TimeSpan.FromMinutes(2));
        var before = (await oauth.ByPostAsync(tenant.ClientId, tenant.Token)).Token;

        host.Clock.Advance(TimeSpan.FromMinutes(3));
        var after = (await oauth.ByPostAsync(tenant.ClientId, tenant.Token)).Token;

        Kid(after).Should().NotBe(Kid(before));
        (await oauth.ScimAsync(before)).Should().Be(HttpStatusCode.OK);
        (await oauth.ScimAsync(after)).Should().Be(HttpStatusCode.OK);
        (await oauth.GetAsync("/oauth2/jwks"))
            .GetProperty("keys")
            .EnumerateArray()
            .Select(key => key.GetProperty("kid").GetString())
            .Should()
            .Equal(Kid(before), Kid(after));
    }

    private static string Kid(string token) => OAuthClient.Part(token, 0).GetProperty("kid").GetString()!;

    private static byte[] Bytes(JsonElement jwk, string name) =>
        Base64Url.DecodeFromChars(jwk.GetProperty(name).GetString());

    private JsonObject Keys() =>
        new()
        {
            ["jwks"] = new JsonObject
            {
                ["keys"] = new JsonArray(OAuthClient.Jwk("ec", _key), OAuthClient.Jwk("rsa", _rsa)),
            },
        };

    private JsonObject Body(JsonObject? more)
    {
        var body = more ?? [];
        body["tenantId"] = _tenant.TenantId;
        body["name"] = Some.Name();
        return body;
    }

    private async Task<(string Id, string Secret)> CreateAsync(JsonObject? more = null)
    {
        var created = await _admin.PostAsync("/scim_clients", Body(more)).Expecting(201);
        return (created.Id, created.Json.GetProperty("token").GetProperty("value").GetString()!);
    }
}
