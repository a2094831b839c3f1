using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using Microsoft.AspNetCore.Hosting;
using NUnit.Framework;
using Scim.Application.Tenants;
using Scim.TestKit;

namespace Scim.Integration.Tests.OAuth;

/// <summary>The client is openid-client, and jose checks the access tokens: neither knows anything of this server.</summary>
[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A certified OAuth client that knows nothing but the issuer gets access tokens and uses them")]
[Property("Rfc", "RFC 6749, RFC 7523, RFC 8414, RFC 8705, RFC 9068")]
public sealed class IndependentClientTests(DatabaseKind kind)
{
    private const string Password = "of the test";
    private const string Subject = "CN=Scim Client,O=Acme Inc.";

    private readonly CertificateAuthority _authority = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly string _folder = Directory.CreateTempSubdirectory("scim-oauth-").FullName;
    private X509Certificate2 _certificate = null!;
    private ApiServer _server = null!;
    private TestTenant _tenant = null!;
    private IssuedToken _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        var (own, authorities) = (Path.Combine(_folder, "own.pfx"), Path.Combine(_folder, "authorities.pem"));
        using var server = _authority.Issue("CN=localhost", usage: CertificateAuthority.ServerAuthentication);
        await File.WriteAllBytesAsync(own, server.Export(X509ContentType.Pfx, Password));
        await File.WriteAllTextAsync(authorities, _authority.Pem);
        var settings = new Dictionary<string, string>
        {
            ["Scim:ClientCertificates"] = "true",
            ["Scim:ClientCertificateAuthorities"] = authorities,
            ["Kestrel:Certificates:Default:Path"] = own,
            ["Kestrel:Certificates:Default:Password"] = Password,
        };
        _server = await ApiServer.StartAsync(kind, settings, builder => builder.WebHost.UseUrls("https://127.0.0.1:0"));
        _tenant = await TestTenant.CreateAsync(_server);
        _certificate = _authority.Issue(Subject);
        var keys = new JsonObject
        {
            ["keys"] = new JsonArray(OAuthClient.Jwk("ec", _key), OAuthClient.Jwk("rsa", _rsa)),
        };
        _client = await _server.SendAsync(
            new CreateScimClient(
                new NewScimClient(
                    Guid.Parse(_tenant.TenantId),
                    Some.Name(),
                    null,
                    null,
                    null,
                    null,
                    null,
                    JsonElement.Parse(keys.ToJsonString()),
                    [Base64Url.EncodeToString(SHA256.HashData(_certificate.RawData))],
                    null,
                    Subject
                )
            )
        );
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _tenant?.Dispose();
        await _server.DisposeAsync();
        _certificate.Dispose();
        _authority.Dispose();
        _key.Dispose();
        _rsa.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [TestCase("client_secret_basic")]
    [TestCase("client_secret_post")]
    [TestCase("private_key_jwt", "ES256")]
    [TestCase("private_key_jwt", "RS256")]
    [TestCase("tls_client_auth")]
    [TestCase("self_signed_tls_client_auth")]
    public async Task It_finds_its_way_from_the_issuer_to_SCIM(string method, string? algorithm = null)
    {
        var answer = await Peer.RunAsync("oauth.js", Options(method, algorithm, _client.Token));

        answer.TryGetProperty("error", out _).Should().BeFalse(answer.ToString());
        answer.GetProperty("methods").EnumerateArray().Select(known => known.GetString()).Should().Contain(method);
        answer.GetProperty("status").GetInt32().Should().Be(200);
        answer.GetProperty("type").GetString().Should().Be("bearer");
        answer.GetProperty("scope").GetString().Should().Be("scim:read");
        answer.GetProperty("header").GetProperty("alg").GetString().Should().Be("ES256");
        var payload = answer.GetProperty("payload");
        payload.GetProperty("client_id").GetString().Should().Be(_client.ClientId.ToString("D"));
        payload.TryGetProperty("cnf", out _).Should().Be(method.Contains("tls", StringComparison.Ordinal));
    }

    [TestCase("client_secret_basic", null)]
    [TestCase("private_key_jwt", "ES256")]
    public async Task It_is_told_when_its_proof_is_none(string method, string? algorithm)
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var options = Options(method, algorithm, "not the secret");
        options["key"] = other.ExportPkcs8PrivateKeyPem();

        var answer = await Peer.RunAsync("oauth.js", options);

        answer.GetProperty("error").GetString().Should().Be("invalid_client");
        answer.GetProperty("status").GetInt32().Should().Be(401);
    }

    private JsonObject Options(string method, string? algorithm, string secret)
    {
        var options = new JsonObject
        {
            ["issuer"] = _server.BaseAddress.GetLeftPart(UriPartial.Authority),
            ["clientId"] = _client.ClientId.ToString("D"),
            ["method"] = method,
            ["scope"] = "scim:read",
            ["resource"] = new Uri(_server.BaseAddress, "/scim/v2/Users?count=0").ToString(),
            ["secret"] = secret,
        };
        if (algorithm is not null)
        {
            var isRsa = algorithm == "RS256";
            options["algorithm"] = algorithm;
            options["kid"] = isRsa ? "rsa" : "ec";
            options["key"] = isRsa ? _rsa.ExportPkcs8PrivateKeyPem() : _key.ExportPkcs8PrivateKeyPem();
        }

        if (method.Contains("tls", StringComparison.Ordinal))
        {
            using var key = _certificate.GetECDsaPrivateKey()!;
            options["tls"] = new JsonObject
            {
                ["cert"] = _certificate.ExportCertificatePem(),
                ["key"] = key.ExportPkcs8PrivateKeyPem(),
            };
        }

        return options;
    }
}
