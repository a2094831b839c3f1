using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scim.TestKit;

/// <summary>What came back, read to the end.</summary>
public sealed record ScimResponse(int Status, IReadOnlyDictionary<string, string> Headers, string Text)
{
    /// <summary>The body as JSON; throws when it is none.</summary>
    public JsonElement Json => JsonElement.Parse(Text);

    public string Id => Json.GetProperty("id").GetString()!;

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public override string ToString() => $"{Status} {Text}";
}

/// <summary>
/// Sends SCIM requests and reads the answers, with no opinion on either. Paths are relative to <c>/scim/v2</c>, or
/// another base, and go out as they are, without normalisation of their escapes.
/// </summary>
public sealed class ScimClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _base;

    public ScimClient(Uri server, string? token, string basePath = "/scim/v2")
    {
        _base = server.GetLeftPart(UriPartial.Authority) + basePath;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            Timeout = TimeSpan.FromSeconds(60),
        };
        Token = token;
    }

    public string? Token { get; set; }

    public Task<ScimResponse> GetAsync(string path, params (string Name, string? Value)[] headers) =>
        SendAsync("GET", path, (string?)null, headers);

    public Task<ScimResponse> PostAsync(string path, JsonNode body, params (string Name, string? Value)[] headers) =>
        SendAsync("POST", path, body.ToJsonString(), headers);

    public Task<ScimResponse> PostAsync(string path, string body, params (string Name, string? Value)[] headers) =>
        SendAsync("POST", path, body, headers);

    public Task<ScimResponse> PutAsync(string path, JsonNode body, params (string Name, string? Value)[] headers) =>
        SendAsync("PUT", path, body.ToJsonString(), headers);

    public Task<ScimResponse> PutAsync(string path, string body, params (string Name, string? Value)[] headers) =>
        SendAsync("PUT", path, body, headers);

    public Task<ScimResponse> PatchAsync(string path, JsonNode body, params (string Name, string? Value)[] headers) =>
        SendAsync("PATCH", path, body.ToJsonString(), headers);

    public Task<ScimResponse> PatchAsync(string path, string body, params (string Name, string? Value)[] headers) =>
        SendAsync("PATCH", path, body, headers);

    public Task<ScimResponse> DeleteAsync(string path, params (string Name, string? Value)[] headers) =>
        SendAsync("DELETE", path, (string?)null, headers);

    /// <summary>
    /// Any request. A header overrides the default of its name (Authorization, and Content-Type with a body); with a null
    /// value it is not sent at all.
    /// </summary>
    public Task<ScimResponse> SendAsync(
        string method,
        string path,
        string? body,
        params (string Name, string? Value)[] headers
    ) => SendAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body), headers);

    public async Task<ScimResponse> SendAsync(
        string method,
        string path,
        byte[]? body,
        params (string Name, string? Value)[] headers
    )
    {
        // The escapes of a path are part of the test: `+`, `%20` or a bare `?` must arrive as they were written.
        var asWritten = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_base + path, in asWritten));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/scim+json");
        }

        if (Token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Token}");
        }

        foreach (var (name, value) in headers)
        {
            Set(request, name, value);
        }

        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new ScimResponse((int)response.StatusCode, ReadHeaders(response), text);
    }

    public void Dispose() => _http.Dispose();

    private static void Set(HttpRequestMessage request, string name, string? value)
    {
        var ofContent = name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase);
        HttpHeaders? headers = ofContent ? request.Content?.Headers : request.Headers;
        headers?.Remove(name);
        if (value is not null)
        {
            headers?.TryAddWithoutValidation(name, value);
        }
    }

    private static Dictionary<string, string> ReadHeaders(HttpResponseMessage response)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var header in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            headers[header.Key] = header.Value.ToString();
        }

        return headers;
    }
}
