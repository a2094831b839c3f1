using System.Security.Cryptography;
using Scim.Api.Admin;

namespace Scim.Api.OpenApi;

/// <summary>The document for people: Swagger UI, with nothing fetched from elsewhere. Open to everybody, as the document is.</summary>
internal static class ReferencePage
{
    private const string Path = "/admin/reference";
    private const string Style = Path + "/swagger-ui.css";
    private const string Script = Path + "/swagger-ui-bundle.js";

    public static void Use(IApplicationBuilder app)
    {
        app.UseWhen(
            context => context.Request.Path.Value is Style or Script,
            assets => assets.Use(SetAssetHeaders).UseSwaggerUI(options => options.RoutePrefix = Path[1..])
        );
        app.UseWhen(
            context => context.Request.Path == Path && HttpMethods.IsGet(context.Request.Method),
            page => page.Run(ShowAsync)
        );
    }

    private static Task SetAssetHeaders(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return next(context);
    }

    private static Task ShowAsync(HttpContext context)
    {
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var response = context.Response;
        AdminHeaders.Set(response);
        response.Headers.ContentSecurityPolicy = string.Join(
            "; ",
            "default-src 'none'",
            $"script-src 'nonce-{nonce}'",
            $"style-src 'nonce-{nonce}'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'"
        );
        response.ContentType = "text/html; charset=utf-8";
        return response.WriteAsync(Html(nonce), context.RequestAborted);
    }

    private static string Html(string nonce) =>
        $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>ScimPlatform control plane</title>
            <link rel="icon" href="data:,">
            <link rel="stylesheet" href="{{Style}}" nonce="{{nonce}}">
            </head>
            <body>
            <div id="reference"></div>
            <script src="{{Script}}" nonce="{{nonce}}"></script>
            <script nonce="{{nonce}}">
            SwaggerUIBundle({ url: "{{AdminDocument.Path}}", dom_id: "#reference", deepLinking: true, validatorUrl: null });
            </script>
            </body>
            </html>
            """;
}
