using System.Text;
using Scim.Application.Tenants;
using Scim.Domain.Errors;

namespace Scim.Api.OAuth;

/// <summary>The form of a token request (RFC 6749 §4.4.2), with the one way in which the client proves itself.</summary>
internal sealed record TokenRequest(ClientProof Proof, string? Scope)
{
    private const int MaxBytes = 64 * 1024;
    private const string Assertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private const string Basic = "Basic ";

    /// <exception cref="ScimException">A problem named by the error code of RFC 6749 §5.2.</exception>
    public static async Task<TokenRequest> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (!request.HasFormContentType || request.ContentLength > MaxBytes)
        {
            throw Invalid("Send a small application/x-www-form-urlencoded body.");
        }

        var form = await FormAsync(context);
        if (form.Any(field => field.Value.Count > 1))
        {
            throw Invalid("A parameter stands more than once.");
        }

        // RFC 6749 §3.2: a parameter without a value is one that was left out.
        string? Field(string name) => form.TryGetValue(name, out var value) && value != "" ? value[0] : null;
        var grant = Field("grant_type") ?? throw Invalid("grant_type is missing.");
        if (grant != "client_credentials")
        {
            throw ScimError.Refused(400, "unsupported_grant_type", "The grant type is client_credentials.");
        }

        var (clientId, secret, assertion) = (Field("client_id"), Field("client_secret"), Field("client_assertion"));
        if (Header(request.Headers.Authorization) is { } header)
        {
            if (secret is not null || (clientId is not null && clientId != header.Id))
            {
                throw Invalid("Use one way of client authentication.");
            }

            (clientId, secret) = header;
        }

        if (assertion is not null && (secret is not null || Field("client_assertion_type") != Assertion))
        {
            throw Invalid($"A client_assertion stands alone, with the client_assertion_type {Assertion}.");
        }

        if (clientId is null && assertion is null)
        {
            throw ScimError.Refused(401, "invalid_client", "The request does not say which client it is.");
        }

        var connection = context.Connection;
        return new TokenRequest(
            new ClientProof(clientId, secret, assertion, connection.ClientCertificate, connection.RemoteIpAddress),
            Field("scope")
        );
    }

    private static async Task<IFormCollection> FormAsync(HttpContext context)
    {
        try
        {
            return await context.Request.ReadFormAsync(
                new Microsoft.AspNetCore.Http.Features.FormOptions
                {
                    ValueCountLimit = 32,
                    BufferBodyLengthLimit = MaxBytes,
                    ValueLengthLimit = MaxBytes,
                },
                context.RequestAborted
            );
        }
        catch (InvalidDataException)
        {
            throw Invalid("The form cannot be read.");
        }
    }

    // RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
    private static (string Id, string Secret)? Header(string? authorization)
    {
        if (string.IsNullOrEmpty(authorization))
        {
            return null;
        }

        var bytes = new byte[authorization.Length];
        if (
            !authorization.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)
            || !Convert.TryFromBase64String(authorization[Basic.Length..].Trim(), bytes, out var length)
        )
        {
            throw ScimError.Refused(401, "invalid_client", "The Authorization header is not of the scheme Basic.");
        }

        var parts = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return parts.Length == 2
            ? (System.Net.WebUtility.UrlDecode(parts[0]), System.Net.WebUtility.UrlDecode(parts[1]))
            : throw ScimError.Refused(401, "invalid_client", "The Authorization header has no secret.");
    }

    private static ScimException Invalid(string detail) => ScimError.Refused(400, "invalid_request", detail);
}
