using System.Net;
using Scim.Domain.Tenants;

namespace Scim.Application.Common;

/// <summary>Why a credential was refused. Told to metrics and journal, never to the caller.</summary>
public enum CredentialFailure
{
    /// <summary>No credential at all.</summary>
    Missing,

    /// <summary>Not a bearer token, or one of the wrong shape or checksum.</summary>
    Malformed,

    Unknown,
    WrongSecret,
    Revoked,
    Expired,

    /// <summary>The client is not active, or its tenant is deleted.</summary>
    Suspended,

    /// <summary>Refused without a look-up after too many failures.</summary>
    Throttled,
}

/// <summary>The tenant and client that a refused token names. That it names them is no proof of anything.</summary>
public sealed record NamedClient(TenantId TenantId, string TenantSlug, Guid ClientId);

/// <summary>Either a caller or the reason why there is none.</summary>
public readonly record struct CredentialResult(Caller? Caller, CredentialFailure Failure, NamedClient? Named)
{
    public static CredentialResult Accepted(Caller caller) => new(caller, default, null);

    public static CredentialResult Refused(CredentialFailure failure, NamedClient? named = null) =>
        new(null, failure, named);
}

/// <summary>
/// Decides who presents an Authorization header. Throws a 503 <c>ScimException</c> when it cannot know because the
/// database is away: an outage must never look like a revoked token.
/// </summary>
public interface ICredentialVerifier
{
    ValueTask<CredentialResult> VerifyAsync(
        string? authorizationHeader,
        IPAddress? network,
        CancellationToken cancellationToken
    );
}
