using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Security;

/// <summary>
/// PBKDF2-SHA256 with its parameters stored beside it (<c>1$pbkdf2-sha256$10000$salt</c>), and the keyed pre-check. The
/// secret is 256 random bits, so 10,000 iterations (2 ms) are enough; more would only make the service easy to exhaust.
/// </summary>
internal sealed class TokenSealer(ServerKeys keys) : ITokenSealer
{
    public const string KeyName = "token-pre-check";
    public const int PreCheckLength = 8;

    private const string Scheme = "1$pbkdf2-sha256";
    private const int Iterations = 10_000;
    private const int SaltLength = 16;
    private const int HashLength = 32;

    public async ValueTask<TokenSeal> SealAsync(ScimToken token, CancellationToken cancellationToken)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var parameters = string.Create(
            CultureInfo.InvariantCulture,
            $"{Scheme}${Iterations}${Convert.ToBase64String(salt)}"
        );
        var value = await PreCheckAsync(token.Text, cancellationToken);
        var preCheck = new byte[PreCheckLength];
        BinaryPrimitives.WriteUInt64BigEndian(preCheck, value);
        return new TokenSeal(Hash(token.Text, salt, Iterations, HashLength), parameters, preCheck);
    }

    /// <summary>The first 8 bytes of an HMAC under a key that only the servers know.</summary>
    public async ValueTask<ulong> PreCheckAsync(string token, CancellationToken cancellationToken)
    {
        var key = await keys.GetAsync(KeyName, cancellationToken);
        return PreCheck(key, token);
    }

    /// <summary>The slow comparison; call it only after the pre-check agreed.</summary>
    public static bool Matches(string token, byte[] hash, string hashParameters)
    {
        var end = hashParameters.LastIndexOf('$');
        if (
            !hashParameters.StartsWith(Scheme + "$", StringComparison.Ordinal)
            || end <= Scheme.Length
            || !int.TryParse(
                hashParameters.AsSpan((Scheme.Length + 1)..end),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var iterations
            )
        )
        {
            throw new InvalidOperationException(
                "A token is stored with hash parameters that this version does not know."
            );
        }

        var salt = Convert.FromBase64String(hashParameters[(end + 1)..]);
        return CryptographicOperations.FixedTimeEquals(Hash(token, salt, iterations, hash.Length), hash);
    }

    private static byte[] Hash(string token, byte[] salt, int iterations, int length) =>
        Rfc2898DeriveBytes.Pbkdf2(token, salt, iterations, HashAlgorithmName.SHA256, length);

    private static ulong PreCheck(byte[] key, string token)
    {
        Span<byte> bytes = stackalloc byte[ScimToken.Length];
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Encoding.ASCII.GetBytes(token, bytes);
        HMACSHA256.HashData(key, bytes, mac);
        return BinaryPrimitives.ReadUInt64BigEndian(mac);
    }
}
