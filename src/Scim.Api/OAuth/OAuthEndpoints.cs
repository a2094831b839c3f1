using MediatR;
using Microsoft.Extensions.Options;
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
        app.MapPost(ClientProofs.TokenPath, GrantAsync);
        app.MapGet(JwksPath, KeysAsync);
        app.MapGet("/.well-known/oauth-authorization-server", Metadata);
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
                new Dictionary<string, object>
                {
                    ["access_token"] = token.Value,
                    ["token_type"] = "Bearer",
                    ["expires_in"] = token.LifetimeSeconds,
                    ["scope"] = string.Join(' ', ScopeNames.Of(token.Scopes)),
                }
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

            return Results.Json(
                new Dictionary<string, object> { ["error"] = code, ["error_description"] = refused.Error.Detail },
                statusCode: refused.Error.Status
            );
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
            new
            {
                // Each part by its name: the private one must not slip in with the others.
                keys = all.Select(key => new
                {
                    kty = key.Kty,
                    crv = key.Crv,
                    x = key.X,
                    y = key.Y,
                    kid = key.Kid,
                    use = "sig",
                    alg = "ES256",
                }),
            }
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
            new Dictionary<string, object>
            {
                ["issuer"] = issuer,
                ["token_endpoint"] = issuer + ClientProofs.TokenPath,
                ["jwks_uri"] = issuer + JwksPath,
                ["response_types_supported"] = Array.Empty<string>(),
                ["grant_types_supported"] = Grants,
                ["scopes_supported"] = ScopeNames.Of(ScopeNames.All),
                ["token_endpoint_auth_methods_supported"] = certificates ? [.. Methods, .. byCertificate] : Methods,
                ["token_endpoint_auth_signing_alg_values_supported"] = ClientProofs.Algorithms,
                ["tls_client_certificate_bound_access_tokens"] = certificates,
            }
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
}
