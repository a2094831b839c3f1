using System.Text.Json.Serialization;
using MediatR;
using Microsoft.Extensions.Options;
using Scim.Api.OpenApi;
using Scim.Api.Security;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Hosting.Startup;
using Scim.Infrastructure.Security;

namespace Scim.Api.OAuth;

/// <summary>OAuth 2.0 client credentials for SCIM clients (RFC 6749 §4.4), and what clients learn of them (RFC 8414).</summary>
internal static class OAuthEndpoints
{
    private const string JwksPath = "/oauth2/jwks";

    private static readonly string[] Grants = ["client_credentials"];
    private static readonly string[] Methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"];

    public static void MapOAuth(this IEndpointRouteBuilder app)
    {
        app.MapPost(ClientProofs.TokenPath, GrantAsync)
            .Describe("grantAccessToken", "Gives a SCIM client an access token (RFC 6749 §4.4)")
            .WithDescription("The client proves itself by one of the three: a secret, an assertion, a certificate.")
            .WithMetadata(new RequestBody(typeof(TokenForm), false, "application/x-www-form-urlencoded"))
            .Gives<AccessToken>()
            .Gives<OAuthError>(400)
            .Gives<OAuthError>(401)
            .ProducesProblem(429);
        app.MapGet(JwksPath, KeysAsync)
            .Describe("listSigningKeys", "The public keys that verify access tokens (RFC 7517)")
            .Gives<PublicKeys>()
            .ProducesProblem(429);
        app.MapGet("/.well-known/oauth-authorization-server", Metadata)
            .Describe("getAuthorizationServer", "Where and how access tokens are had (RFC 8414)")
            .Gives<AuthorizationServer>()
            .ProducesProblem(429);
    }

    private static async Task<IResult> GrantAsync(
        HttpContext context,
        RequestContext request,
        IMediator mediator,
        RateLimiter limiter,
        SecurityMetrics metrics,
        CancellationToken cancellationToken
    )
    {
        context.Response.Headers.CacheControl = "no-store";
        Limit(context, limiter);
        try
        {
            var form = await TokenRequest.ReadAsync(context);
            var token = await mediator.Send(new GrantAccess(form.Proof, form.Scope), cancellationToken);
            return Results.Json(
                new AccessToken(
                    token.Value,
                    "Bearer",
                    token.LifetimeSeconds,
                    string.Join(' ', ScopeNames.Of(token.Scopes))
                )
            );
        }
        catch (ScimException refused) when (refused.Error.Problem is { } code)
        {
            if (refused.Error.Status == StatusCodes.Status401Unauthorized)
            {
                metrics.Refused(null, "invalid-client");
                // RFC 6749 §5.2: the scheme that the client tried, and one that it may try.
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"scim\"";
            }

            return Results.Json(new OAuthError(code, refused.Error.Detail), statusCode: refused.Error.Status);
        }
    }

    private static async Task<IResult> KeysAsync(
        HttpContext context,
        SigningKeys keys,
        RateLimiter limiter,
        CancellationToken cancellationToken
    )
    {
        Limit(context, limiter);
        var all = await keys.AllAsync(cancellationToken);
        return Results.Json(
            // Each part by its name: the private one must not slip in with the others.
            new PublicKeys([
                .. all.Select(key => new PublicKey(key.Kty, key.Crv, key.X, key.Y, key.Kid, "sig", "ES256")),
            ])
        );
    }

    private static IResult Metadata(
        HttpContext context,
        BaseUrl baseUrl,
        IOptions<ScimOptions> options,
        CertificateAuthorities authorities,
        RateLimiter limiter
    )
    {
        Limit(context, limiter);
        var issuer = baseUrl.Find();
        var certificates = options.Value.ClientCertificates;
        string[] byCertificate = authorities.Any
            ? ["self_signed_tls_client_auth", "tls_client_auth"]
            : ["self_signed_tls_client_auth"];
        return Results.Json(
            new AuthorizationServer(
                issuer,
                issuer + ClientProofs.TokenPath,
                issuer + JwksPath,
                ResponseTypes: [],
                Grants,
                ScopeNames.Of(ScopeNames.All),
                certificates ? [.. Methods, .. byCertificate] : Methods,
                ClientProofs.Algorithms,
                certificates
            )
        );
    }

    // Nobody has said who they are yet, so it is the network that is limited.
    private static void Limit(HttpContext context, RateLimiter limiter)
    {
        if (!limiter.TryTake(context.Connection.RemoteIpAddress, out var retryAfter))
        {
            throw ScimError.TooManyRequests(
                Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds)),
                "Too many requests."
            );
        }
    }

    // As documented; TokenRequest reads it.
    private sealed record TokenForm(
        [property: JsonPropertyName("grant_type")] string GrantType,
        [property: JsonPropertyName("scope")] string? Scope = null,
        [property: JsonPropertyName("client_id")] string? ClientId = null,
        [property: JsonPropertyName("client_secret")] string? ClientSecret = null,
        [property: JsonPropertyName("client_assertion_type")] string? ClientAssertionType = null,
        [property: JsonPropertyName("client_assertion")] string? ClientAssertion = null
    );

    private sealed record AccessToken(
        [property: JsonPropertyName("access_token")] string Value,
        [property: JsonPropertyName("token_type")] string TokenType,
        [property: JsonPropertyName("expires_in")] int ExpiresIn,
        [property: JsonPropertyName("scope")] string Scope
    )
    {
        public override string ToString() => nameof(AccessToken);
    }

    private sealed record OAuthError(
        [property: JsonPropertyName("error")] string Error,
        [property: JsonPropertyName("error_description")] string ErrorDescription
    );

    private sealed record PublicKeys(IReadOnlyList<PublicKey> Keys);

    private sealed record PublicKey(string Kty, string Crv, string X, string Y, string Kid, string Use, string Alg);

    private sealed record AuthorizationServer(
        [property: JsonPropertyName("issuer")] string Issuer,
        [property: JsonPropertyName("token_endpoint")] string TokenEndpoint,
        [property: JsonPropertyName("jwks_uri")] string JwksUri,
        [property: JsonPropertyName("response_types_supported")] IReadOnlyList<string> ResponseTypes,
        [property: JsonPropertyName("grant_types_supported")] IReadOnlyList<string> GrantTypes,
        [property: JsonPropertyName("scopes_supported")] IReadOnlyList<string> Scopes,
        [property: JsonPropertyName("token_endpoint_auth_methods_supported")] IReadOnlyList<string> Methods,
        [property: JsonPropertyName("token_endpoint_auth_signing_alg_values_supported")]
            IReadOnlyList<string> Algorithms,
        [property: JsonPropertyName("tls_client_certificate_bound_access_tokens")] bool BindsTokens
    );
}
