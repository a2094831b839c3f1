using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Scim.Application.Common;

namespace Scim.Infrastructure.Security;

/// <summary>A keyed digest of a presented token: what the cache knows it by.</summary>
internal readonly record struct TokenDigest(UInt128 Value);

/// <summary>
/// A token that was verified under a configuration epoch. <see cref="Hash"/> is the stored hash it was compared with: as
/// long as the row still holds it, a later check under a newer epoch needs no slow hash.
/// </summary>
internal sealed class VerifiedToken(
    Caller caller,
    byte[] hash,
    DateTimeOffset? expiresAt,
    DateTimeOffset? lastUsedAt,
    long epoch
)
{
    private long _usedAt = lastUsedAt?.UtcTicks ?? 0;

    public Caller Caller { get; } = caller;

    public byte[] Hash { get; } = hash;

    public DateTimeOffset? ExpiresAt { get; } = expiresAt;

    public long Epoch { get; } = epoch;

    /// <summary>True for one caller per resolution: it is to write the use down.</summary>
    public bool NoteUse(long now, long resolution)
    {
        var last = Volatile.Read(ref _usedAt);
        return now - last >= resolution && Interlocked.CompareExchange(ref _usedAt, now, last) == last;
    }
}

/// <summary>
/// The tokens that this process has verified, at most <paramref name="capacity"/> of them. Two generations: the old one
/// is dropped whole, and what is still in use moves to the young one when it is asked for. Only right tokens get in.
/// </summary>
internal sealed class CredentialCache(int capacity = 50_000)
{
    // Tokens have a fixed length below it, access tokens mostly one below it.
    private const int MaxOnStack = 1024;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Lock _turn = new();
    private volatile ConcurrentDictionary<TokenDigest, VerifiedToken> _young = new();
    private volatile ConcurrentDictionary<TokenDigest, VerifiedToken> _old = new();
    private int _count;

    public int Count => _young.Count + _old.Count;

    public TokenDigest Digest(ReadOnlySpan<char> token)
    {
        Span<byte> bytes = token.Length <= MaxOnStack ? stackalloc byte[MaxOnStack] : new byte[token.Length];
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, bytes[..Encoding.ASCII.GetBytes(token, bytes)], mac);
        return new TokenDigest(MemoryMarshal.Read<UInt128>(mac));
    }

    public VerifiedToken? Find(TokenDigest digest)
    {
        if (_young.TryGetValue(digest, out var entry))
        {
            return entry;
        }

        if (_old.TryGetValue(digest, out entry))
        {
            Add(digest, entry);
        }

        return entry;
    }

    public void Add(TokenDigest digest, VerifiedToken entry)
    {
        if (!_young.TryAdd(digest, entry))
        {
            _young[digest] = entry;
            return;
        }

        if (Interlocked.Increment(ref _count) < capacity / 2)
        {
            return;
        }

        lock (_turn)
        {
            if (_count >= capacity / 2)
            {
                (_old, _young, _count) = (_young, new ConcurrentDictionary<TokenDigest, VerifiedToken>(), 0);
            }
        }
    }

    public void Remove(TokenDigest digest)
    {
        _young.TryRemove(digest, out _);
        _old.TryRemove(digest, out _);
    }
}
