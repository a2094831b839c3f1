using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Operators;
using Scim.Domain.Tenants;

namespace Scim.Api.Admin;

/// <summary>Decides who calls a path under <c>/admin</c> and whether <see cref="AdminPolicy"/> allows it.</summary>
internal sealed class AdminGate(RequestDelegate next, IAdminCredentials credentials, IRefusalRecorder refusals)
{
    public async Task InvokeAsync(HttpContext context, RequestContext request)
    {
        if (!context.Request.Path.StartsWithSegments("/admin"))
        {
            await next(context);
            return;
        }

        AdminHeaders.Set(context.Response);
        request.Network = context.Connection.RemoteIpAddress;
        var access = Access(context);
        if (access?.Credential != AdminCredential.None)
        {
            var result = await AuthenticateAsync(context);
            if (result.Caller is null && access?.EndsCredential == true && await Idempotency.ReplayAsync(context))
            {
                return;
            }

            request.Become(result.Caller ?? throw Refused(result.Failure));
            if (access is not null && !AdminPolicy.Allows(access, request.Admin!))
            {
                throw Forbidden(request, access);
            }
        }

        try
        {
            await next(context);
        }
        catch (ScimException exception)
        {
            Record(request, access, exception.Error.Status, exception.Error.Problem ?? "refused");
            throw;
        }
        catch (Exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            Record(request, access, StatusCodes.Status500InternalServerError, "error");
            throw;
        }
    }

    // An unknown path is found out only by those who have a credential.
    private static AdminAccess? Access(HttpContext context)
    {
        if (context.GetEndpoint() is not RouteEndpoint { RoutePattern.RawText: { } pattern })
        {
            return null;
        }

        // Routing's own endpoint for a wrong method has no path of ours.
        return !pattern.StartsWith(AdminRoutes.Base, StringComparison.Ordinal)
            ? null
            : AdminPolicy.Find(context.Request.Method, pattern)
                ?? throw ScimError.Forbidden("Nobody may call this route: it has no policy.");
    }

    /// <summary>The credential as the request has it; a page's cookie goes first.</summary>
    public static string? Presented(HttpRequest request) =>
        SessionCookie.Of(request) is { } cookie ? $"Bearer {cookie}" : request.Headers.Authorization;

    private ValueTask<AdminCredentialResult> AuthenticateAsync(HttpContext context)
    {
        var isWrite = !HttpMethods.IsGet(context.Request.Method);
        var cookie = SessionCookie.Of(context.Request);
        if (cookie is not null && isWrite)
        {
            SessionCookie.RequireOwnPage(context.Request, cookie);
        }

        return credentials.VerifyAsync(Presented(context.Request), extends: isWrite, context.RequestAborted);
    }

    private static ScimException Refused(AdminCredentialFailure failure) =>
        failure switch
        {
            AdminCredentialFailure.Missing => ScimError.Refused(
                401,
                "credential-missing",
                "Send a session token (POST /admin/v1/login) or an API key in the Authorization header, as \"Bearer …\"."
            ),
            AdminCredentialFailure.LeaseExpired => ScimError.Refused(
                401,
                "session-lease-expired",
                "The session had no heartbeat and no write for longer than its lease; sign in again at POST /admin/v1/login."
            ),
            AdminCredentialFailure.Expired => ScimError.Refused(
                401,
                "credential-expired",
                "The session or the API key is past its time; sign in again at POST /admin/v1/login, or make a new key."
            ),
            _ => ScimError.Refused(
                401,
                "credential-invalid",
                "The credential is mistyped, unknown, or was ended; sign in again at POST /admin/v1/login."
            ),
        };

    private ScimException Forbidden(RequestContext request, AdminAccess access)
    {
        var needed = PermissionNames.Of(access.Needed);
        var operation = access.Operation ?? "admin.read";
        refusals.Record(
            new Refusal(
                TenantId.Installation,
                request.Actor,
                request.RequestId,
                operation,
                403,
                "insufficient-permission"
            )
        );
        var detail =
            request.Admin!.Session is null && access.Credential == AdminCredential.Session
                ? "This needs an operator's session; an API key cannot do it."
                : $"This needs {string.Join(", ", needed)}, which your credential does not have.";
        return ScimError.Refused(403, "insufficient-permission", detail);
    }

    private void Record(RequestContext request, AdminAccess? access, int status, string reason)
    {
        if (request.Admin is not null && access?.Operation is { } operation)
        {
            refusals.Record(
                new Refusal(TenantId.Installation, request.Actor, request.RequestId, operation, status, reason)
            );
        }
    }
}
