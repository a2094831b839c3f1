using System.Net.Http.Headers;
using Scim.Application.Audit;

namespace Scim.Infrastructure.Security;

internal sealed class AuditSink(OutboundHttp http) : IAuditSink
{
    public async Task<string?> SendAsync(
        Uri url,
        string? authorization,
        byte[] lines,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(lines) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return await http.SendAsync(request, cancellationToken);
    }
}
