using System.Buffers.Text;
using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FluentAssertions;
using Microsoft.AspNetCore.Hosting;
using NUnit.Framework;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.TestKit;

namespace Scim.Integration.Tests.OAuth;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A client proves itself by its certificate, and its access tokens are bound to it")]
[Property("Rfc", "RFC 8705")]
public sealed class ClientCertificateTests(DatabaseKind kind)
{
    private const string Password = "of the test";

    private readonly CertificateAuthority _authority = new();
    private string _file = null!;
    private string _authorities = null!;
    private ApiServer _server = null!;
    private TestTenant _tenant = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _file = Path.GetTempFileName();
        _authorities = Path.GetTempFileName();
        await File.WriteAllTextAsync(_authorities, _authority.Pem);
        using var certificate = Certificate("localhost");
        await File.WriteAllBytesAsync(_file, certificate.Export(X509ContentType.Pfx, Password));
        var settings = new Dictionary<string, string>
        {
            ["Scim:ClientCertificates"] = "true",
            ["Scim:ClientCertificateAuthorities"] = _authorities,
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
        File.Delete(_authorities);
        _authority.Dispose();
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
            .Contain("self_signed_tls_client_auth")
            .And.Contain("\"tls_client_auth\"");
    }

    // RFC 8705 §2.1. It is the name that counts, however it is written, and not the certificate.
    [TestCase("CN=Scim Client,O=Acme Inc.,C=DE")]
    [TestCase("cn=scim client, o=\"ACME  inc.\", c=de")]
    [TestCase("2.5.4.3=Scim Client,2.5.4.10=Acme Inc.,2.5.4.6=DE")]
    public async Task A_subject_that_an_authority_vouches_for_is_the_client(string registered)
    {
        var id = await ClientOfSubjectAsync(registered);
        using var first = _authority.Issue(Subject);
        using var renewed = _authority.Issue(Subject);
        using var client = Client(first);
        using var later = Client(renewed);

        var answer = await client.ByPostAsync(id, null);
        var again = await later.ByPostAsync(id, null);

        answer.Status.Should().Be(HttpStatusCode.OK, answer.Json.ToString());
        (await client.ScimAsync(answer.Token)).Should().Be(HttpStatusCode.OK);
        (await later.ScimAsync(answer.Token)).Should().Be(HttpStatusCode.Unauthorized, "it is bound to the other one");
        (await later.ScimAsync(again.Token)).Should().Be(HttpStatusCode.OK);
    }

    // RFC 5280 §4.2.1.12: one that does not say what it is for is for anything.
    [TestCase(CertificateAuthority.ClientAuthentication, true)]
    [TestCase(null, true)]
    [TestCase(CertificateAuthority.ServerAuthentication, false)]
    public async Task A_certificate_for_something_else_proves_nothing(string? usage, bool proves)
    {
        using var certificate = _authority.Issue(Subject, usage: usage);
        var id = await ClientOfSubjectAsync(Subject);
        // To a client that has registered the certificate itself, which shows that it arrives.
        var other = await ClientAsync(certificate);
        using var client = Client(certificate);

        (await client.ByPostAsync(other, null)).Status.Should().Be(HttpStatusCode.OK);
        (await client.ByPostAsync(id, null)).Error.Should().Be(proves ? null : "invalid_client");
    }

    // RFC 4514 §2.2: a part of two attributes, which have no order.
    [TestCase("CN=Scim Client+UID=42,O=Acme\\, Inc.", true)]
    [TestCase("UID=42+CN=Scim Client,O=Acme\\, Inc.", true)]
    [TestCase("CN=Scim Client,UID=42,O=Acme\\, Inc.", false)]
    [TestCase("CN=Scim Client\\+UID=42,O=Acme\\, Inc.", false)]
    public async Task A_part_of_a_subject_may_have_several_attributes(string registered, bool proves)
    {
        using var certificate = _authority.Issue(SubjectOfSeveral());
        var id = await ClientOfSubjectAsync(registered);
        using var client = Client(certificate);

        (await client.ByPostAsync(id, null)).Error.Should().Be(proves ? null : "invalid_client");
    }

    [Test]
    public async Task A_subject_that_cannot_be_read_is_refused_where_it_is_registered()
    {
        var registering = () => ClientOfSubjectAsync("CN=Scim Client+42,O=Acme, Inc.");

        (await registering.Should().ThrowAsync<ScimException>())
            .Which.Error.Fields.Should()
            .ContainSingle(field => field.Key.EndsWith("TlsClientAuthSubjectDn", StringComparison.Ordinal))
            .Which.Value.Should()
            .ContainSingle(rule => rule.Contains("RFC 4514", StringComparison.Ordinal));
    }

    [TestCase("another subject")]
    [TestCase("a longer subject")]
    [TestCase("the parts in another order")]
    [TestCase("another authority of the same name")]
    [TestCase("nobody but itself")]
    [TestCase("an end that is past")]
    public async Task A_certificate_with_something_else_is_not_the_clients(string what)
    {
        using var other = new CertificateAuthority();
        using var certificate = what switch
        {
            "another subject" => _authority.Issue("CN=Other Client,O=Acme Inc.,C=DE"),
            "a longer subject" => _authority.Issue("OU=x," + Subject),
            "the parts in another order" => _authority.Issue("C=DE,O=Acme Inc.,CN=Scim Client"),
            "another authority of the same name" => other.Issue(Subject),
            "nobody but itself" => Certificate("Scim Client,O=Acme Inc.,C=DE"),
            _ => _authority.Issue(Subject, days: -1),
        };
        var id = await ClientOfSubjectAsync(Subject);
        using var client = Client(certificate);

        (await client.ByPostAsync(id, null)).Error.Should().Be("invalid_client");
    }

    [Test]
    public async Task A_subject_that_is_taken_away_ends_its_tokens()
    {
        var id = await ClientOfSubjectAsync(Subject);
        using var certificate = _authority.Issue(Subject);
        using var client = Client(certificate);
        var token = (await client.ByPostAsync(id, null)).Token;
        (await client.ScimAsync(token)).Should().Be(HttpStatusCode.OK);

        await _server.SendAsync(
            new UpdateScimClient(
                Guid.Parse(id),
                new ClientValues("x", null, null, null, null, null, null, null, "CN=Other"),
                null
            )
        );

        await Eventually.IsTrueAsync(async () => await client.ScimAsync(token) == HttpStatusCode.Unauthorized);
        (await client.ByPostAsync(id, null)).Error.Should().Be("invalid_client");
    }

    private const string Subject = "CN=Scim Client,O=Acme Inc.,C=DE";

    private static X500DistinguishedName SubjectOfSeveral()
    {
        var name = new AsnWriter(AsnEncodingRules.DER);
        using (name.PushSequence())
        {
            Part(("2.5.4.10", "Acme, Inc."));
            Part(("2.5.4.3", "Scim Client"), ("0.9.2342.19200300.100.1.1", "42"));
        }

        return new X500DistinguishedName(name.Encode());

        void Part(params (string Type, string Value)[] attributes)
        {
            using var part = name.PushSetOf();
            foreach (var (type, value) in attributes)
            {
                using var attribute = name.PushSequence();
                name.WriteObjectIdentifier(type);
                name.WriteCharacterString(UniversalTagNumber.UTF8String, value);
            }
        }
    }

    private async Task<string> ClientOfSubjectAsync(string subject)
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
            null,
            null,
            subject
        );
        return (await _server.SendAsync(new CreateScimClient(values))).ClientId.ToString("D");
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
        var handler = new SocketsHttpHandler { UseCookies = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        // Without it, only certificates for client authentication are shown.
        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!;
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
