using Microsoft.Net.Http.Headers;

namespace Scim.Api.Admin;

/// <summary>What every answer of the control plane carries: it is nobody's to keep, to frame or to guess the type of.</summary>
internal static class AdminHeaders
{
    public static void Set(HttpResponse response)
    {
        var headers = response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (response.HttpContext.Request.IsHttps)
        {
            headers.StrictTransportSecurity = "max-age=31536000";
        }

        headers.Vary = $"{HeaderNames.Authorization}, {HeaderNames.Cookie}";
    }
}
