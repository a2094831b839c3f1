namespace Scim.Application.Common;

/// <summary>What a request with an <c>Idempotency-Key</c> was answered, without secrets.</summary>
/// <param name="Body">JSON; null for none.</param>
public sealed record KeptAnswer(int Status, string? Location, string? ETag, string? Body);

public interface IKeptAnswers
{
    /// <summary>
    /// Does the work unless it was done under this key within the last day. The acts in it and their answer, which is kept, are
    /// one transaction: of many at once, one does the work, and where it throws nothing is kept. Null when it was done now, else
    /// what was answered then.
    /// </summary>
    /// <param name="key">Of the caller, the route and what the caller sent as the key.</param>
    /// <param name="fingerprint">Of the request. Another one under the same key is refused with 422.</param>
    /// <param name="keepsRefused">Refused work keeps what it wrote, though no answer.</param>
    Task<KeptAnswer?> OnceAsync(
        byte[] key,
        byte[] fingerprint,
        Func<Task<KeptAnswer>> work,
        bool keepsRefused,
        CancellationToken cancellationToken
    );

    /// <summary>What was answered within the last day; null for nothing.</summary>
    Task<KeptAnswer?> FindAsync(byte[] key, byte[] fingerprint, CancellationToken cancellationToken);
}
