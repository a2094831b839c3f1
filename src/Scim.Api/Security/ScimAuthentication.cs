using Scim.Api.Scim;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Security;

namespace Scim.Api.Security;

/// <summary>
/// Decides who calls a path under <c>/scim</c> and whether the scopes allow it. Discovery needs no token, but one that is
/// presented must be good.
/// </summary>
internal sealed class ScimAuthentication(
    RequestDelegate next,
    ICredentialVerifier verifier,
    IRefusalRecorder refusals,
    IOnboardingRecorder onboarding,
    SecurityMetrics metrics,
    ScimResults results,
    TimeProvider clock
)
{
    // One answer for all of them: it does not tell a token that never was from one that is no more.
    private static readonly ScimError InvalidToken = ScimError
        .Unauthorized("The bearer token is not valid: it is mistyped, unknown, expired or revoked.")
        .Error;

    private static readonly ScimError NoToken = ScimError
        .Unauthorized("Send the SCIM client's token in the Authorization header, as \"Bearer scim_…\".")
        .Error;

    private static readonly ScimError Suspended = ScimError
        .Forbidden("The tenant is suspended: nothing is lost, and it can be used again when the provider lifts this.")
        .Error;

    private static readonly ScimError TrialEnded = ScimError
        .Forbidden("The tenant's trial has ended: it can be read, and changed again once it is on another plan.")
        .Error;

    private static readonly ScimError OtherNetwork = ScimError
        .Forbidden("The SCIM client may not call from this network; its list of networks says from where.")
        .Error;

    public async Task InvokeAsync(HttpContext context, RequestContext request)
    {
        if (!context.Request.Path.StartsWithSegments("/scim"))
        {
            await next(context);
            return;
        }

        var isDiscovery = ScimPaths.IsDiscovery(context.Request.Path);
        var result = await verifier.VerifyAsync(
            context.Request.Headers.Authorization,
            context.Connection.RemoteIpAddress,
            context.RequestAborted
        );
        if (result.Caller is { } bound && !HasCertificate(context, bound))
        {
            var named = new NamedClient(bound.TenantId, bound.TenantSlug, bound.ClientId);
            result = CredentialResult.Refused(CredentialFailure.WrongSecret, named);
        }

        if (result.Caller is { } caller)
        {
            request.Become(caller);
            request.BaseUrl = results.BaseUrl(context.Request);
            metrics.Accepted(caller);
            if (!caller.Networks.Allows(context.Connection.RemoteIpAddress))
            {
                await ForbidNetworkAsync(context, request, caller);
                return;
            }

            var needed = ScimPaths.NeededScope(context.Request);
            if (caller.IsTenantSuspended)
            {
                await ForbidAsync(context, request, caller, "tenant-suspended", Suspended);
                return;
            }

            if (needed == Scopes.Write && caller.TrialEndsAt <= clock.GetUtcNow())
            {
                await ForbidAsync(context, request, caller, "trial-ended", TrialEnded);
                return;
            }

            if (!isDiscovery && (caller.Scopes & needed) == 0)
            {
                await ForbidScopeAsync(context, request, caller, needed);
                return;
            }
        }
        else if (!isDiscovery || result.Failure != CredentialFailure.Missing)
        {
            await ChallengeAsync(context, request, result);
            return;
        }

        await next(context);
    }

    // RFC 8705 §3: a stolen token is worth nothing without the key of the certificate.
    private static bool HasCertificate(HttpContext context, Caller caller) =>
        caller.CertificateDigest is not { } digest
        || context.Connection.ClientCertificate is { } certificate && certificate.Digest() == digest;

    private Task ChallengeAsync(HttpContext context, RequestContext request, CredentialResult result)
    {
        var reason = Reason(result.Failure);
        metrics.Refused(result.Named, reason);
        if (result.Named is { } named)
        {
            onboarding.Record(named.TenantId, named.ClientId, OnboardingStep.Reached);
            // Nobody has proved to be this client: the journal says whom the token named, and the bound on rows of
            // strangers is not the client's own.
            refusals.Record(
                new Refusal(
                    named.TenantId,
                    "anonymous",
                    request.RequestId,
                    "auth.failure",
                    StatusCodes.Status401Unauthorized,
                    reason,
                    "Client",
                    named.ClientId.ToString("D")
                )
            );
        }

        if (result.Failure == CredentialFailure.Missing)
        {
            return ScimErrors.WriteAsync(context, NoToken);
        }

        // RFC 6750 §3.1.
        context.Response.Headers.WWWAuthenticate = ScimErrors.Challenge + ", error=\"invalid_token\"";
        return ScimErrors.WriteAsync(context, InvalidToken);
    }

    private Task ForbidNetworkAsync(HttpContext context, RequestContext request, Caller caller)
    {
        context.Response.Headers.WWWAuthenticate = ScimErrors.Challenge;
        return ForbidAsync(context, request, caller, "network-not-allowed", OtherNetwork);
    }

    private Task ForbidScopeAsync(HttpContext context, RequestContext request, Caller caller, Scopes needed)
    {
        var scope = ScopeNames.Format(needed);
        context.Response.Headers.WWWAuthenticate =
            $"{ScimErrors.Challenge}, error=\"insufficient_scope\", scope=\"{scope}\"";
        return ForbidAsync(
            context,
            request,
            caller,
            "insufficient-scope",
            ScimError.Forbidden($"This request needs the scope {scope}, which the SCIM client does not have.").Error,
            $": {scope}"
        );
    }

    private Task ForbidAsync(
        HttpContext context,
        RequestContext request,
        Caller caller,
        string reason,
        ScimError error,
        string more = ""
    )
    {
        metrics.Refused(new NamedClient(caller.TenantId, caller.TenantSlug, caller.ClientId), reason);
        refusals.Record(
            new Refusal(
                caller.TenantId,
                request.Actor,
                request.RequestId,
                "client.authorize",
                StatusCodes.Status403Forbidden,
                reason + more
            )
        );
        return ScimErrors.WriteAsync(context, error);
    }

    private static string Reason(CredentialFailure failure) =>
        failure switch
        {
            CredentialFailure.Missing => "missing",
            CredentialFailure.Malformed => "malformed",
            CredentialFailure.Unknown => "unknown",
            CredentialFailure.WrongSecret => "wrong-secret",
            CredentialFailure.Revoked => "revoked",
            CredentialFailure.Expired => "expired",
            CredentialFailure.Suspended => "suspended",
            _ => "throttled",
        };
}
