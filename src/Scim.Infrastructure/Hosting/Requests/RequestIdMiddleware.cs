using System.Buffers;
using System.Collections;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Scim.Application.Common;

namespace Scim.Infrastructure.Hosting.Requests;

/// <summary>
/// Gives each request an id: the caller's <c>X-Request-Id</c> when it is harmless text, else the caller's trace id, else
/// a new one. It goes back in the answer, into the log scope, the journal and error answers.
/// </summary>
internal sealed class RequestIdMiddleware(RequestDelegate next, ILogger<RequestIdMiddleware> logger)
{
    public const string Header = HostSetup.RequestIdHeader;

    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
    );

    public async Task InvokeAsync(HttpContext context, RequestContext request)
    {
        var id = Choose(context.Request.Headers);
        request.RequestId = id;
        context.TraceIdentifier = id;
        context.Response.Headers[Header] = id;
        using (logger.BeginScope(new Scope(request)))
        {
            await next(context);
        }
    }

    internal static string Choose(IHeaderDictionary headers)
    {
        var sent = headers[Header];
        if (sent is [{ Length: > 0 and <= 128 } id] && !id.AsSpan().ContainsAnyExcept(Allowed))
        {
            return id;
        }

        if (ActivityContext.TryParse(headers.TraceParent, traceState: null, out var trace))
        {
            return trace.TraceId.ToHexString();
        }

        // Not the trace id made here, which is random: the journal's index of these grows at its end alone.
        return Guid.CreateVersion7().ToString("N");
    }

    // Read when a line is written, not when the scope opens: tenant and client are known only after authentication.
    private sealed class Scope(RequestContext request) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        public int Count => 3;

        public KeyValuePair<string, object?> this[int index] =>
            index switch
            {
                0 => new("RequestId", request.RequestId),
                1 => new("Tenant", request.Tenant?.ToString()),
                2 => new("Client", request.Caller?.ClientId),
                _ => throw new ArgumentOutOfRangeException(nameof(index)),
            };

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
        {
            for (var i = 0; i < Count; i++)
            {
                yield return this[i];
            }
        }

        public override string ToString() => $"RequestId:{request.RequestId}";

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
