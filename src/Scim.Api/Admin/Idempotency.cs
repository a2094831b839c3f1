using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Api.Admin;

/// <summary>
/// Around every endpoint: a POST with an <c>Idempotency-Key</c> has its effect once (draft-ietf-httpapi-idempotency-key-header).
/// A repeat is answered as the first request was, but for secrets.
/// </summary>
internal sealed class Idempotency : IEndpointFilter
{
    public const string Header = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotency-Replayed";

    private const int MaxLength = 255;

    // A fast digest of a password would give it away to whoever reads the database.
    private static readonly string[] Secrets = ["password", "authorization", "totp"];

    // Between processes it is the row that decides, and who comes second waits for it. Here nobody waits, and no connection
    // is held.
    private readonly ConcurrentDictionary<string, bool> _inProgress = new(StringComparer.Ordinal);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        if (await KeyedAsync(context) is not { } keyed)
        {
            return await next(invocation);
        }

        var name = Convert.ToHexString(keyed.Digest);
        if (!_inProgress.TryAdd(name, true))
        {
            throw ScimError.Refused(
                StatusCodes.Status409Conflict,
                "idempotency-key-in-use",
                "The first request with this Idempotency-Key is still in progress; repeat it in a moment."
            );
        }

        try
        {
            object? result = null;
            var kept = await context
                .RequestServices.GetRequiredService<IKeptAnswers>()
                .OnceAsync(
                    keyed.Digest,
                    keyed.Fingerprint,
                    async () =>
                    {
                        result = await next(invocation);
                        return Keep(context.Response, result);
                    },
                    keyed.Access.CountsRefusals,
                    context.RequestAborted
                );
            return kept is null ? result : Replay(context.Response, kept);
        }
        finally
        {
            _inProgress.TryRemove(name, out _);
        }
    }

    /// <summary>
    /// Answers a repeat whose first request ended the credential that both came with. False when that was not so; nothing
    /// is answered then.
    /// </summary>
    public static async Task<bool> ReplayAsync(HttpContext context)
    {
        var answers = context.RequestServices.GetRequiredService<IKeptAnswers>();
        if (
            await KeyedAsync(context) is not { } keyed
            || await answers.FindAsync(keyed.Digest, keyed.Fingerprint, context.RequestAborted) is not { } kept
        )
        {
            return false;
        }

        SessionCookie.ClearSent(context);
        await Replay(context.Response, kept).ExecuteAsync(context);
        return true;
    }

    /// <summary>Null where no key is taken or none was sent.</summary>
    private static async Task<Keyed?> KeyedAsync(HttpContext context)
    {
        var pattern = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        if (
            !HttpMethods.IsPost(context.Request.Method)
            || pattern is null
            || AdminPolicy.Find(HttpMethods.Post, pattern) is not { TakesKey: true } access
            || KeyOf(context.Request) is not { } key
        )
        {
            return null;
        }

        // Equal keys of two callers have nothing to do with each other. What concerns one session is of that session, and
        // where nobody is signed in, what is sent is all that there is of a caller.
        var fingerprint = await FingerprintAsync(context);
        var caller = access.Credential switch
        {
            AdminCredential.None => Convert.ToHexString(fingerprint),
            AdminCredential.Session => AdminGate.Presented(context.Request),
            _ => context.RequestServices.GetRequiredService<RequestContext>().Actor,
        };
        return new Keyed(access, Digest(caller ?? "", pattern, key), fingerprint);
    }

    /// <exception cref="ScimException">400 for what is no key.</exception>
    private static string? KeyOf(HttpRequest request)
    {
        var header = request.Headers[Header];
        if (header.Count == 0)
        {
            return null;
        }

        // A string of RFC 8941, as the draft has it, or what most clients send: its bare text.
        var text = header.ToString().Trim();
        var key = text.Length > 1 && text[0] == '"' && text[^1] == '"' ? text[1..^1] : text;
        return
            key.Length is > 0 and <= MaxLength
            && key.All(letter => letter is > ' ' and <= '~' and not ('"' or '\\' or ','))
            ? key
            : throw ScimError.InvalidSyntax(
                $"{Header} is 1 to {MaxLength} visible ASCII characters other than quotes, backslash and comma, such as a UUID."
            );
    }

    private static async Task<byte[]> FingerprintAsync(HttpContext context)
    {
        var body = await AdminBody.PeekAsync(context);
        foreach (var secret in Secrets)
        {
            body?.Remove(secret);
        }

        var request = context.Request;
        return Digest(request.Path + request.QueryString, body?.ToJsonString() ?? "");
    }

    private static byte[] Digest(params string[] parts) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts)));

    private static KeptAnswer Keep(HttpResponse response, object? result) =>
        new(
            (result as IStatusCodeHttpResult)?.StatusCode ?? StatusCodes.Status200OK,
            response.Headers.Location,
            response.Headers.ETag,
            result is IValueHttpResult { Value: { } value } ? AdminResults.WithoutSecrets(value) : null
        );

    private static IResult Replay(HttpResponse response, KeptAnswer kept)
    {
        response.Headers[ReplayedHeader] = "true";
        response.Headers.Location = kept.Location;
        response.Headers.ETag = kept.ETag;
        return kept.Body is { } body
            ? Results.Text(body, "application/json; charset=utf-8", Encoding.UTF8, kept.Status)
            : Results.StatusCode(kept.Status);
    }

    private sealed record Keyed(AdminAccess Access, byte[] Digest, byte[] Fingerprint);
}
