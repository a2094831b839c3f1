using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Scim.Domain.Operators;

/// <summary>
/// A credential of the control plane that means nothing by itself: a prefix that secret scanners can know and 256 random
/// bits. Kept as its SHA-256 only, which so many random bits make safe without a slow hash.
/// </summary>
public static class OpaqueToken
{
    public const string Session = "scps_";
    public const string ApiKey = "scpk_";
    public const string Enrollment = "scpe_";
    public const string Signup = "scpu_";

    private const int SecretLength = 43; // 62^43 > 2^256
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> Base62Characters = SearchValues.Create(Base62);

    public static string Generate(string prefix) => prefix + RandomNumberGenerator.GetString(Base62, SecretLength);

    public static bool Is(string prefix, string token) =>
        token.Length == prefix.Length + SecretLength
        && token.StartsWith(prefix, StringComparison.Ordinal)
        && !token.AsSpan(prefix.Length).ContainsAnyExcept(Base62Characters);

    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
