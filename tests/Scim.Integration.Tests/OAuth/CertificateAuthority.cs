using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Scim.Integration.Tests.OAuth;

/// <summary>A root, and the intermediate that issues certificates.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _issuer;

    public CertificateAuthority()
    {
        _root = Sign(new X500DistinguishedName("CN=Root of the test"), null, null, days: 30, usage: null);
        _issuer = Sign(new X500DistinguishedName("CN=Issuer of the test"), _root, null, days: 29, usage: null);
    }

    /// <summary>What a server is told to trust.</summary>
    public string Pem => _root.ExportCertificatePem() + "\n" + _issuer.ExportCertificatePem();

    /// <param name="usage">What it is for; null for a certificate that does not say.</param>
    public X509Certificate2 Issue(string subject, int days = 20, string? usage = ClientAuthentication) =>
        Sign(new X500DistinguishedName(subject), _issuer, _issuer, days, usage);

    public X509Certificate2 Issue(X500DistinguishedName subject) =>
        Sign(subject, _issuer, _issuer, 20, ClientAuthentication);

    public void Dispose()
    {
        _root.Dispose();
        _issuer.Dispose();
    }

    private static X509Certificate2 Sign(
        X500DistinguishedName subject,
        X509Certificate2? signer,
        X509Certificate2? issuer,
        int days,
        string? usage
    )
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(issuer is null, false, 0, critical: true));
        if (usage is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        }

        var now = TimeProvider.System.GetUtcNow();
        var (from, to) = (now.AddDays(-10), now.AddDays(days));
        if (signer is null)
        {
            return request.CreateSelfSigned(from, to);
        }

        using var certificate = request.Create(signer, from, to, RandomNumberGenerator.GetBytes(12));
        return certificate.CopyWithPrivateKey(key);
    }
}
