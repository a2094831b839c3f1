using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scim.Integration.Tests.OAuth;

internal sealed record OAuthAnswer(HttpStatusCode Status, JsonElement Json, HttpResponseMessage Response)
{
    public string? Error => Json.TryGetProperty("error", out var error) ? error.GetString() : null;

    public string Token => Json.GetProperty("access_token").GetString()!;
}

/// <summary>An OAuth client made of HttpClient and bare cryptography: it shares no code with the server.</summary>
internal sealed class OAuthClient(Uri server, HttpMessageHandler? handler = null) : IDisposable
{
    private readonly HttpClient _http = new(handler ?? new SocketsHttpHandler { UseCookies = false })
    {
        BaseAddress = server,
    };

    public string Issuer => server.GetLeftPart(UriPartial.Authority);

    public Task<OAuthAnswer> ByBasicAsync(string id, string secret, string? scope = null)
    {
        var pair = $"{Uri.EscapeDataString(id)}:{Uri.EscapeDataString(secret)}";
        return SendAsync(Form(("scope", scope)), "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
    }

    public Task<OAuthAnswer> ByPostAsync(string id, string? secret) =>
        SendAsync(Form(("client_id", id), ("client_secret", secret)));

    public Task<OAuthAnswer> ByAssertionAsync(string assertion) =>
        SendAsync(
            Form(
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", assertion)
            )
        );

    public async Task<OAuthAnswer> SendAsync(string form, string? authorization = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/oauth2/token");
        request.Content = new StringContent(form, Encoding.ASCII, "application/x-www-form-urlencoded");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        var response = await _http.SendAsync(request);
        return new OAuthAnswer(
            response.StatusCode,
            JsonElement.Parse(await response.Content.ReadAsStringAsync()),
            response
        );
    }

    public async Task<JsonElement> GetAsync(string path) => JsonElement.Parse(await _http.GetStringAsync(path));

    public async Task<HttpStatusCode> ScimAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/scim/v2/Users?count=0");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var response = await _http.SendAsync(request);
        return response.StatusCode;
    }

    public JsonObject Claims(string id, DateTimeOffset now) =>
        new()
        {
            ["iss"] = id,
            ["sub"] = id,
            ["aud"] = Issuer + "/oauth2/token",
            ["jti"] = Guid.NewGuid().ToString("N"),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
        };

    public static string Sign(JsonObject claims, string kid, string alg, Func<byte[], byte[]> sign)
    {
        var header = new JsonObject
        {
            ["alg"] = alg,
            ["kid"] = kid,
            ["typ"] = "JWT",
        };
        var signed = $"{Encode(header.ToJsonString())}.{Encode(claims.ToJsonString())}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Sign(JsonObject claims, string kid, ECDsa key) =>
        Sign(claims, kid, "ES256", text => key.SignData(text, HashAlgorithmName.SHA256));

    public static JsonObject Jwk(string kid, ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["kid"] = kid,
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }

    public static JsonObject Jwk(string kid, RSA key)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["kid"] = kid,
            ["n"] = Base64Url.EncodeToString(parameters.Modulus),
            ["e"] = Base64Url.EncodeToString(parameters.Exponent),
        };
    }

    public static JsonElement Part(string token, int part) =>
        JsonElement.Parse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.Split('.')[part])));

    public void Dispose() => _http.Dispose();

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static string Form(params (string Name, string? Value)[] fields) =>
        string.Join(
            '&',
            fields
                .Where(field => field.Value is not null)
                .Select(field => $"{field.Name}={Uri.EscapeDataString(field.Value!)}")
                .Prepend("grant_type=client_credentials")
        );
}
