using Microsoft.OpenApi;
using Scim.Api.Admin;
using Scim.Domain.Operators;

namespace Scim.Api.OpenApi;

/// <summary>How a caller says who it is, and what <see cref="AdminPolicy"/> wants of it.</summary>
internal static class Credentials
{
    private const string Session = "session";
    private const string ApiKey = "apiKey";
    private const string Cookie = "sessionCookie";
    private const string Csrf = "csrfToken";

    public static void AddTo(OpenApiDocument document)
    {
        document.AddComponent<IOpenApiSecurityScheme>(
            Session,
            new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "A session token of an operator, `scps_…`, by POST /admin/v1/login.",
            }
        );
        document.AddComponent<IOpenApiSecurityScheme>(
            ApiKey,
            new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key, `scpk_…`, with the scopes named.",
            }
        );
        document.AddComponent<IOpenApiSecurityScheme>(
            Cookie,
            new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Cookie,
                Name = SessionCookie.Name,
                Description = "The same session for a browser, by signing in with `\"cookie\": true`.",
            }
        );
        document.AddComponent<IOpenApiSecurityScheme>(
            Csrf,
            new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = SessionCookie.CsrfHeader,
                Description = "`csrfToken` of the sign-in or of GET /admin/v1/session, beside the cookie.",
            }
        );
    }

    public static void Describe(OpenApiOperation operation, OpenApiDocument document, AdminAccess access, bool isRead)
    {
        if (access.Credential == AdminCredential.None)
        {
            operation.Security = [];
            return;
        }

        // OpenAPI 3.1: what a scheme needs may be named though the scheme is not OAuth's.
        List<string> needed = [.. PermissionNames.Of(access.Needed)];
        OpenApiSecurityRequirement Of(params string[] schemes)
        {
            var requirement = new OpenApiSecurityRequirement();
            foreach (var scheme in schemes)
            {
                requirement[new OpenApiSecuritySchemeReference(scheme, document)] = scheme == Csrf ? [] : needed;
            }

            return requirement;
        }

        operation.Security = [Of(Session), isRead ? Of(Cookie) : Of(Cookie, Csrf)];
        if (access.Credential == AdminCredential.SessionOrApiKey)
        {
            operation.Security.Add(Of(ApiKey));
        }

        var words =
            needed.Count > 0 ? $"Needs `{string.Join("`, `", needed)}`."
            : access.Credential == AdminCredential.Session ? "Needs an operator's session."
            : "Needs a credential of any kind.";
        var journal = access.Operation is { } name ? $" Journalled as `{name}`." : "";
        operation.Description = $"{operation.Description} {words}{journal}".Trim();
    }
}
