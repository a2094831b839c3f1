using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Security;

/// <summary>
/// The authorities that vouch for subjects of client certificates. None but these, whatever the machine trusts; what they have
/// revoked is not asked for, since it is the operators who take a client's subject away.
/// </summary>
internal sealed class CertificateAuthorities(IOptions<ScimOptions> options, TimeProvider clock)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly Lazy<X509Certificate2Collection> _all = new(() =>
        options.Value.ClientCertificateAuthorities is { Length: > 0 } file ? Load(file) : []
    );

    public bool Any => _all.Value.Count > 0;

    public static bool CanRead(string file)
    {
        try
        {
            return Load(file).Count > 0;
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return false;
        }
    }

    public bool VouchFor(X509Certificate2 certificate)
    {
        if (!Any)
        {
            return false;
        }

        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(_all.Value);
        policy.ExtraStore.AddRange(_all.Value);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = clock.GetUtcNow().LocalDateTime;
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return chain.Build(certificate);
    }

    private static X509Certificate2Collection Load(string file)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(file);
        return all;
    }
}

internal static class Certificates
{
    /// <summary>As <c>x5t#S256</c> has it.</summary>
    public static string Digest(this X509Certificate2 certificate) =>
        Base64Url.EncodeToString(SHA256.HashData(certificate.RawDataMemory.Span));
}
