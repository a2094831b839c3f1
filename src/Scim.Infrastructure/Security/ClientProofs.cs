using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Hosting.Startup;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Security;

/// <summary>Whether a client is who it says at the token endpoint. Its tokens are its secrets, with all that holds for them.</summary>
internal sealed class ClientProofs(
    ICredentialVerifier tokens,
    CredentialStore store,
    AuthenticationThrottle throttle,
    CertificateAuthorities authorities,
    BaseUrl baseUrl,
    TimeProvider clock
) : IClientProofs
{
    public const string TokenPath = "/oauth2/token";

    /// <summary>Those of RFC 7518 that a client may sign with.</summary>
    public static readonly string[] Algorithms =
    [
        SecurityAlgorithms.EcdsaSha256,
        SecurityAlgorithms.RsaSha256,
        SecurityAlgorithms.RsaSsaPssSha256,
    ];

    private const int MaxAssertion = 8192;
    private const int MaxJti = 256;
    private static readonly TimeSpan LongestAssertion = TimeSpan.FromHours(1);
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);

    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = MaxAssertion };

    public async Task<ProofResult> VerifyAsync(ClientProof proof, CancellationToken cancellationToken)
    {
        if (proof.Secret is not null)
        {
            return await VerifySecretAsync(proof, cancellationToken);
        }

        if (throttle.IsExceeded(proof.Network))
        {
            return new ProofResult(null, CredentialFailure.Throttled, null);
        }

        var result = proof.Assertion is { } assertion
            ? await VerifyAssertionAsync(proof, assertion, cancellationToken)
            : await VerifyCertificateAsync(proof, cancellationToken);
        if (result.Client is null)
        {
            throttle.Failed(proof.Network);
        }

        return result;
    }

    private async Task<ProofResult> VerifySecretAsync(ClientProof proof, CancellationToken cancellationToken)
    {
        // Not an access token: it would beget its own successors for ever.
        var isToken = ScimToken.IsWellFormed(proof.Secret);
        var header = isToken ? $"Bearer {proof.Secret}" : "Bearer";
        var result = await tokens.VerifyAsync(header, proof.Network, cancellationToken);
        return result.Caller is not { } caller ? new ProofResult(null, result.Failure, result.Named)
            : caller.ClientId.ToString("D") != proof.ClientId
                ? new ProofResult(null, CredentialFailure.WrongSecret, null)
            : new ProofResult(new ProvenClient(caller, StoredClient.ByToken + caller.TokenId, null), default, null);
    }

    private async Task<ProofResult> VerifyCertificateAsync(ClientProof proof, CancellationToken cancellationToken)
    {
        var client = await FindAsync(proof.ClientId, cancellationToken);
        if (client is null || proof.Certificate is not { } certificate)
        {
            return new ProofResult(null, CredentialFailure.Unknown, client?.Named);
        }

        // One that was registered itself needs nobody to vouch for it.
        var digest = certificate.Digest();
        var credential =
            client.Has(StoredClient.ByCertificate + digest) ? StoredClient.ByCertificate + digest
            : client.Subject is { } subject && subject.IsOf(certificate) && authorities.VouchFor(certificate)
                ? StoredClient.BySubject + subject.Digest
            : null;
        return credential is null ? new ProofResult(null, CredentialFailure.WrongSecret, client.Named)
            : !client.IsActive ? new ProofResult(null, CredentialFailure.Suspended, client.Named)
            : new ProofResult(new ProvenClient(client.Caller, credential, digest), default, null);
    }

    // RFC 7523 §3.
    private async Task<ProofResult> VerifyAssertionAsync(
        ClientProof proof,
        string assertion,
        CancellationToken cancellationToken
    )
    {
        if (Read(assertion) is not { } unverified || unverified.Issuer != unverified.Subject)
        {
            return new ProofResult(null, CredentialFailure.Malformed, null);
        }

        var client =
            proof.ClientId is null || proof.ClientId == unverified.Subject
                ? await FindAsync(unverified.Subject, cancellationToken)
                : null;
        if (client?.Keys is null)
        {
            return new ProofResult(null, CredentialFailure.Unknown, client?.Named);
        }

        var issuer = baseUrl.Find();
        var result = await Handler.ValidateTokenAsync(
            assertion,
            new TokenValidationParameters
            {
                IssuerSigningKeys = new JsonWebKeySet(client.Keys.Json).Keys,
                ValidAlgorithms = Algorithms,
                ValidIssuer = unverified.Subject,
                ValidAudiences = [issuer, issuer + TokenPath],
                LifetimeValidator = IsTimely,
            }
        );
        if (result is not { IsValid: true, SecurityToken: JsonWebToken { Id.Length: > 0 and <= MaxJti } jwt })
        {
            return new ProofResult(null, CredentialFailure.WrongSecret, client.Named);
        }

        if (!client.IsActive)
        {
            return new ProofResult(null, CredentialFailure.Suspended, client.Named);
        }

        var spent = await store.SpendAssertionAsync(
            client.Caller,
            SHA256.HashData(Encoding.UTF8.GetBytes(jwt.Id)),
            new DateTimeOffset(jwt.ValidTo),
            clock.Now(),
            cancellationToken
        );
        return spent
            ? new ProofResult(
                new ProvenClient(client.Caller, StoredClient.ByKey + jwt.SigningKey.KeyId, null),
                default,
                null
            )
            : new ProofResult(null, CredentialFailure.Revoked, client.Named);
    }

    // What is spent is remembered until it ends, so it must end soon.
    private bool IsTimely(
        DateTime? notBefore,
        DateTime? expires,
        SecurityToken token,
        TokenValidationParameters parameters
    )
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return expires > now && expires <= now + LongestAssertion && !(notBefore > now + Skew);
    }

    private Task<StoredClient?> FindAsync(string? id, CancellationToken cancellationToken) =>
        Guid.TryParseExact(id, "D", out var clientId)
            ? store.FindClientAsync(clientId, cancellationToken)
            : Task.FromResult<StoredClient?>(null);

    private static JsonWebToken? Read(string assertion)
    {
        try
        {
            return assertion.Length <= MaxAssertion ? Handler.ReadJsonWebToken(assertion) : null;
        }
        catch (Exception exception) when (exception is SecurityTokenException or ArgumentException)
        {
            return null;
        }
    }
}
