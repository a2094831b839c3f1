using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Hosting.Startup;

namespace Scim.Infrastructure.Security;

/// <summary>What an access token says; whether its client and credential still are what they were is asked of the database.</summary>
internal sealed record AccessClaims(
    Guid ClientId,
    string Credential,
    Scopes Scopes,
    string? CertificateDigest,
    DateTimeOffset ExpiresAt
);

/// <summary>Access tokens of RFC 9068: JWTs signed with ES256, good for minutes.</summary>
internal sealed class AccessTokens(SigningKeys keys, BaseUrl baseUrl, IOptions<ScimOptions> options, TimeProvider clock)
    : IAccessTokens
{
    public const string DigestClaim = "x5t#S256";

    private const string Type = "at+jwt";
    private const string Credential = "cred";
    private const string Scope = "scope";
    private const string Confirmation = "cnf";
    private const int MaxLength = 2048;

    private static readonly JsonWebTokenHandler Handler = new()
    {
        SetDefaultTimesOnTokenCreation = false,
        MaximumTokenSizeInBytes = MaxLength,
    };

    /// <summary>Not whether it is one: a cheap look before the signature is verified.</summary>
    public static bool HasShape(ReadOnlySpan<char> token) =>
        token.Length is > 100 and <= MaxLength
        && token.StartsWith("eyJ", StringComparison.Ordinal)
        && token.Count('.') == 2;

    public async Task<AccessToken> IssueAsync(ProvenClient client, Scopes scopes, CancellationToken cancellationToken)
    {
        var seconds = options.Value.AccessTokenSeconds;
        var now = clock.GetUtcNow();
        var id = client.Caller.ClientId.ToString("D");
        var claims = new Dictionary<string, object>
        {
            ["sub"] = id,
            ["client_id"] = id,
            ["jti"] = Guid.CreateVersion7(now).ToString("N"),
            [Scope] = ScopeNames.Format(scopes).Replace(',', ' '),
            [Credential] = client.Credential,
        };
        if (client.CertificateDigest is { } digest)
        {
            claims[Confirmation] = new Dictionary<string, object> { [DigestClaim] = digest };
        }

        var issuer = baseUrl.Find();
        var value = Handler.CreateToken(
            new SecurityTokenDescriptor
            {
                TokenType = Type,
                Issuer = issuer,
                Audience = $"{issuer}/scim/v2",
                IssuedAt = now.UtcDateTime,
                Expires = now.AddSeconds(seconds).UtcDateTime,
                Claims = claims,
                SigningCredentials = new SigningCredentials(
                    await keys.CurrentAsync(cancellationToken),
                    SecurityAlgorithms.EcdsaSha256
                ),
            }
        );
        return new AccessToken(value, seconds, scopes);
    }

    /// <summary>Null for a token that is none of ours, was changed, or is past its time.</summary>
    public async Task<AccessClaims?> ReadAsync(string token, CancellationToken cancellationToken)
    {
        try
        {
            var key = await keys.FindAsync(Handler.ReadJsonWebToken(token).Kid, cancellationToken);
            // Nobody else has these keys and they sign nothing else, so issuer and audience add nothing; they may differ
            // where one installation is reached by several names.
            var result = await Handler.ValidateTokenAsync(
                token,
                new TokenValidationParameters
                {
                    IssuerSigningKey = key,
                    TryAllIssuerSigningKeys = false,
                    ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
                    ValidTypes = [Type],
                    ValidateIssuer = false,
                    ValidateAudience = false,
                    LifetimeValidator = (_, expires, _, _) => expires > clock.GetUtcNow().UtcDateTime,
                }
            );
            return key is not null && result is { IsValid: true, SecurityToken: JsonWebToken jwt } ? Claims(jwt) : null;
        }
        catch (Exception exception) when (exception is SecurityTokenException or ArgumentException)
        {
            return null;
        }
    }

    private static AccessClaims Claims(JsonWebToken jwt) =>
        new(
            Guid.ParseExact(jwt.Subject, "D"),
            jwt.GetPayloadValue<string>(Credential),
            ScopeNames.Parse(jwt.GetPayloadValue<string>(Scope)),
            jwt.TryGetPayloadValue<JsonElement>(Confirmation, out var confirmation)
                ? confirmation.GetProperty(DigestClaim).GetString()
                : null,
            new DateTimeOffset(jwt.ValidTo)
        );
}
