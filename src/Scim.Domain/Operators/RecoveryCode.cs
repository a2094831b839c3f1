using System.Security.Cryptography;
using System.Text;

namespace Scim.Domain.Operators;

/// <summary>What stands in for a lost authenticator, once: <c>k3wq-…</c>, 80 random bits, kept as a hash only.</summary>
public static class RecoveryCode
{
    public const int Count = 10;

    private const int Length = 16;
    private const int GroupLength = 4;
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public static IReadOnlyList<string> GenerateAll() => [.. Enumerable.Range(0, Count).Select(_ => Generate())];

    /// <summary>However it was typed: with or without hyphens and spaces, in any case.</summary>
    public static byte[] Hash(string code) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(code.Where(char.IsLetterOrDigit)).ToLowerInvariant()));

    private static string Generate() =>
        string.Join(
            '-',
            RandomNumberGenerator.GetString(Alphabet, Length).Chunk(GroupLength).Select(x => new string(x))
        );
}
