using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FluentAssertions;
using Microsoft.AspNetCore.Hosting;
using NUnit.Framework;
using Scim.Application.Tenants;
using Scim.TestKit;

namespace Scim.Integration.Tests.OAuth;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A client proves itself by its certificate, and its access tokens are bound to it")]
[Property("Rfc", "RFC 8705")]
public sealed class ClientCertificateTests(DatabaseKind kind)
{
    private const string Password = "of the test";

    private string _file = null!;
    private ApiServer _server = null!;
    private TestTenant _tenant = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _file = Path.GetTempFileName();
        using var certificate = Certificate("localhost");
        await File.WriteAllBytesAsync(_file, certificate.Export(X509ContentType.Pfx, Password));
        var settings = new Dictionary<string, string>
        {
            ["Scim:ClientCertificates"] = "true",
            ["Kestrel:Certificates:Default:Path"] = _file,
            ["Kestrel:Certificates:Default:Password"] = Password,
        };
        _server = await ApiServer.StartAsync(kind, settings, builder => builder.WebHost.UseUrls("https://127.0.0.1:0"));
        _tenant = await TestTenant.CreateAsync(_server);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _tenant?.Dispose();
        await _server.DisposeAsync();
        File.Delete(_file);
    }

    [Test]
    public async Task The_token_of_a_certificate_is_good_with_it_alone()
    {
        using var own = Certificate("client");
        using var others = Certificate("client");
        var id = await ClientAsync(own);
        using var client = Client(own);
        using var thief = Client(others);
        using var bare = Client(null);

        var answer = await client.ByPostAsync(id, null);

        answer.Status.Should().Be(HttpStatusCode.OK, answer.Json.ToString());
        OAuthClient
            .Part(answer.Token, 1)
            .GetProperty("cnf")
            .GetProperty("x5t#S256")
            .GetString()
            .Should()
            .Be(Digest(own));
        (await client.ScimAsync(answer.Token)).Should().Be(HttpStatusCode.OK);
        (await thief.ScimAsync(answer.Token)).Should().Be(HttpStatusCode.Unauthorized);
        (await bare.ScimAsync(answer.Token)).Should().Be(HttpStatusCode.Unauthorized);
    }

    [Test]
    public async Task A_certificate_that_is_not_the_clients_proves_nothing()
    {
        using var own = Certificate("client");
        using var others = Certificate("client");
        var id = await ClientAsync(own);
        using var thief = Client(others);
        using var bare = Client(null);

        (await thief.ByPostAsync(id, null)).Error.Should().Be("invalid_client");
        (await bare.ByPostAsync(id, null)).Error.Should().Be("invalid_client");
        (await thief.GetAsync("/.well-known/oauth-authorization-server"))
            .GetProperty("token_endpoint_auth_methods_supported")
            .ToString()
            .Should()
            .Contain("self_signed_tls_client_auth");
    }

    private async Task<string> ClientAsync(X509Certificate2 certificate)
    {
        var values = new NewScimClient(
            Guid.Parse(_tenant.TenantId),
            Some.Name(),
            null,
            null,
            null,
            null,
            null,
            null,
            [Digest(certificate)],
            null
        );
        return (await _server.SendAsync(new CreateScimClient(values))).ClientId.ToString("D");
    }

    private OAuthClient Client(X509Certificate2? certificate)
    {
        var handler = new HttpClientHandler
        {
            UseCookies = false,
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
        };
        if (certificate is not null)
        {
            handler.ClientCertificates.Add(certificate);
        }

        return new OAuthClient(_server.BaseAddress, handler);
    }

    private static string Digest(X509Certificate2 certificate) =>
        Base64Url.EncodeToString(SHA256.HashData(certificate.RawData));

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
    }
}
