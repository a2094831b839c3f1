using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Scim.Domain.Errors;
using Scim.Domain.Operators;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Api.Admin;

/// <summary>
/// The session of a browser, in a cookie that no script reads and no other site sends. Because a browser sends it by itself,
/// a write must also show that one of our own pages made it.
/// </summary>
internal static class SessionCookie
{
    public const string Name = "__Host-session";
    public const string CsrfHeader = "X-CSRF-Token";

    /// <summary>The session that the cookie stands for; null where the Authorization header says who calls.</summary>
    public static string? Of(HttpRequest request) =>
        request.Headers.Authorization.Count == 0
        && request.Cookies[Name] is { } token
        && OpaqueToken.Is(OpaqueToken.Session, token)
            ? token
            : null;

    public static void Set(HttpResponse response, string token) => response.Cookies.Append(Name, token, Attributes());

    /// <summary>Of a session that is no more, where the request came by it.</summary>
    public static void ClearSent(HttpContext context)
    {
        if (Of(context.Request) is not null)
        {
            context.Response.Cookies.Delete(Name, Attributes());
        }
    }

    /// <summary>
    /// Follows from the session, so nothing is kept of it, and tells nothing about it: pages may hold it where scripts
    /// read it.
    /// </summary>
    public static string CsrfTokenOf(string session) =>
        Base64Url.EncodeToString(
            HMACSHA256.HashData(Encoding.ASCII.GetBytes(session), "CSRF token of an operator's session"u8)
        );

    /// <exception cref="ScimException">403 for a write that no page of ours made.</exception>
    public static void RequireOwnPage(HttpRequest request, string session)
    {
        RequireSameOrigin(request);
        var expected = Encoding.ASCII.GetBytes(CsrfTokenOf(session));
        var sent = Encoding.UTF8.GetBytes(request.Headers[CsrfHeader].ToString());
        if (!CryptographicOperations.FixedTimeEquals(expected, sent))
        {
            throw ScimError.Refused(
                403,
                "csrf-token-invalid",
                $"Send the csrfToken of this session (GET {AdminRoutes.Base}/session) in the header {CsrfHeader}, "
                    + "or the session token in the Authorization header in the place of the cookie."
            );
        }
    }

    /// <exception cref="ScimException">403 where the browser says that another site made the request.</exception>
    public static void RequireSameOrigin(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        if (site is not ("" or "same-origin") || (origin != "" && !IsOurs(request, origin)))
        {
            throw ScimError.Refused(
                403,
                "cross-site-request",
                "The cookie is taken from pages of this service only. Behind a proxy set Scim__PublicBaseUrl; from elsewhere "
                    + "send the session token in the Authorization header."
            );
        }
    }

    private static bool IsOurs(HttpRequest request, string origin) =>
        origin == $"{request.Scheme}://{request.Host}"
        || (
            request.HttpContext.RequestServices.GetRequiredService<IOptions<ScimOptions>>().Value.PublicBaseUrl
                is { Length: > 0 } configured
            && origin == new Uri(configured).GetLeftPart(UriPartial.Authority)
        );

    private static CookieOptions Attributes() =>
        new()
        {
            Path = "/",
            Secure = true,
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
        };
}
