using System.Security.Cryptography;

namespace Scim.Domain.Audit;

/// <summary>The tree of RFC 6962 §2.1: leaves and nodes are hashed apart, so neither can be passed off as the other.</summary>
public static class MerkleTree
{
    public const int HashLength = SHA256.HashSizeInBytes;

    public static byte[] Leaf(ReadOnlySpan<byte> content) => SHA256.HashData([0, .. content]);

    /// <param name="leaves">The hashes of the leaves, one after the other.</param>
    public static byte[] Root(ReadOnlySpan<byte> leaves)
    {
        var count = leaves.Length / HashLength;
        if (count <= 1)
        {
            return count == 0 ? SHA256.HashData([]) : leaves.ToArray();
        }

        var left = 1;
        while (left * 2 < count)
        {
            left *= 2;
        }

        return SHA256.HashData([1, .. Root(leaves[..(left * HashLength)]), .. Root(leaves[(left * HashLength)..])]);
    }
}
