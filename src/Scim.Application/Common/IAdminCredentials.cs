namespace Scim.Application.Common;

public enum AdminCredentialFailure
{
    Missing,

    /// <summary>Not of the shape of a session's token or an API key.</summary>
    Malformed,

    /// <summary>No such session or key, or one that was ended.</summary>
    Unknown,

    /// <summary>A session without heartbeat or write for longer than its lease.</summary>
    LeaseExpired,

    /// <summary>A session that lasted its longest, or a key past its time.</summary>
    Expired,
}

public readonly record struct AdminCredentialResult(AdminCaller? Caller, AdminCredentialFailure Failure);

/// <summary>
/// Decides who presents an Authorization header to the control plane. The database is asked each time, so whatever ends a
/// session ends it on every replica.
/// </summary>
public interface IAdminCredentials
{
    /// <param name="extends">The request is a write: it extends the session's lease.</param>
    ValueTask<AdminCredentialResult> VerifyAsync(
        string? authorizationHeader,
        bool extends,
        CancellationToken cancellationToken
    );
}
