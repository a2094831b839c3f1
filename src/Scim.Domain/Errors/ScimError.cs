namespace Scim.Domain.Errors;

/// <summary>
/// An error answer of RFC 7644 §3.12. The factories are the whole vocabulary; <paramref name="ScimType"/> is null
/// where the RFC names none. <paramref name="Detail"/> tells the client's engineer what to change and never quotes a secret.
/// </summary>
public sealed record ScimError(int Status, string? ScimType, string Detail)
{
    public int? RetryAfterSeconds { get; init; }

    /// <summary>What is wrong with each field of the request, where that is known for all of them at once.</summary>
    public IReadOnlyDictionary<string, string[]>? Fields { get; init; }

    /// <summary>The kind of problem that the control plane names (RFC 9457 §3.1.1); told by the status where null.</summary>
    public string? Problem { get; init; }

    /// <summary>The version there is, where a precondition named another.</summary>
    public long? CurrentVersion { get; init; }

    /// <summary>How many resources stand in the way, where some do.</summary>
    public long? Count { get; init; }

    public static ScimException Invalid(IReadOnlyDictionary<string, string[]> fields)
    {
        var (name, reasons) = fields.First();
        return new(new ScimError(400, "invalidValue", $"{name}: {reasons[0]}") { Fields = fields });
    }

    /// <summary>A refusal of the control plane with a kind of its own.</summary>
    public static ScimException Refused(int status, string problem, string detail) =>
        new(new ScimError(status, null, detail) { Problem = problem });

    /// <summary>Nothing is broken: there is more to do than the service, or the tenant's share of it, has room for.</summary>
    public bool IsOverload { get; init; }

    public static ScimException InvalidFilter(string detail) => Of(400, "invalidFilter", detail);

    public static ScimException InvalidSyntax(string detail) => Of(400, "invalidSyntax", detail);

    public static ScimException InvalidPath(string detail) => Of(400, "invalidPath", detail);

    public static ScimException InvalidValue(string detail) => Of(400, "invalidValue", detail);

    public static ScimException NoTarget(string detail) => Of(400, "noTarget", detail);

    public static ScimException Mutability(string detail) => Of(400, "mutability", detail);

    /// <summary>RFC 9865 §2.1.</summary>
    public static ScimException InvalidCursor(string detail) => Of(400, "invalidCursor", detail);

    /// <summary>RFC 9865 §2.1.</summary>
    public static ScimException ExpiredCursor(string detail) => Of(400, "expiredCursor", detail);

    /// <summary>RFC 9865 §2.1.</summary>
    public static ScimException InvalidCount(string detail) => Of(400, "invalidCount", detail);

    public static ScimException Unauthorized(string detail) => Of(401, null, detail);

    public static ScimException Forbidden(string detail) => Of(403, null, detail);

    public static ScimException NotFound(string resourceType, string id) =>
        Of(404, null, $"{resourceType} {Shorten(id)} does not exist.");

    public static ScimException RouteNotFound() => Of(404, null, "There is no SCIM endpoint at this path.");

    public static ScimException MethodNotAllowed(string detail) => Of(405, null, detail);

    public static ScimException Uniqueness(string detail) => Of(409, "uniqueness", detail);

    public static ScimException Conflict(string detail) => Of(409, null, detail);

    /// <summary>If-Match named another version (RFC 7644 §3.14).</summary>
    public static ScimException VersionMismatch() =>
        Of(412, null, "The resource has another version than If-Match names; read it again and repeat the change.");

    public static ScimException VersionMismatch(long current) =>
        new(VersionMismatch().Error with { CurrentVersion = current });

    public static ScimException PayloadTooLarge(string detail) => Of(413, null, detail);

    public static ScimException UnsupportedMediaType(string detail) => Of(415, null, detail);

    public static ScimException TooManyRequests(int retryAfterSeconds, string detail) =>
        new(new ScimError(429, null, detail) { RetryAfterSeconds = retryAfterSeconds });

    public static ScimException Unavailable(string detail) =>
        new(new ScimError(503, null, detail) { RetryAfterSeconds = 2 });

    public static ScimException Overloaded(string detail) =>
        new(new ScimError(503, null, detail) { RetryAfterSeconds = 1, IsOverload = true });

    public static ScimException NotImplemented(string detail) => Of(501, null, detail);

    private static string Shorten(string text) => text.Length <= 64 ? text : string.Concat(text.AsSpan(0, 64), "…");

    private static ScimException Of(int status, string? scimType, string detail) =>
        new(new ScimError(status, scimType, detail));
}
