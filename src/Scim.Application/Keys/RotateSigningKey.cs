using Scim.Application.Common;

namespace Scim.Application.Keys;

/// <summary>A new key signs access tokens from now on, and the one before verifies until its tokens have ended.</summary>
/// <param name="Revoke">The keys before do not even verify: their tokens are refused within a second.</param>
public sealed record RotateSigningKey(bool? Revoke = null) : ICommand<SigningKeyInfo>;

/// <summary>Oldest first.</summary>
/// <param name="After">The number of the last one seen; 0 for the first page.</param>
public sealed record ListSigningKeys(long After, int Limit) : IQuery<IReadOnlyList<SigningKeyInfo>>;

/// <summary>A key that signs access tokens, without the key.</summary>
/// <param name="RetiredAt">When the next one took over; null for the one that signs.</param>
public sealed record SigningKeyInfo(
    long Number,
    DateTimeOffset CreatedAt,
    DateTimeOffset? RetiredAt,
    DateTimeOffset? RevokedAt
)
{
    /// <summary>Longer than any access token is good for.</summary>
    private static readonly TimeSpan Verifying = TimeSpan.FromHours(2);

    public string StateAt(DateTimeOffset now) =>
        RevokedAt is not null ? "revoked"
        : RetiredAt is null ? "signing"
        : Verifies(now) ? "verifying"
        : "retired";

    public bool Verifies(DateTimeOffset now) => RevokedAt is null && (RetiredAt is null || RetiredAt + Verifying > now);
}
