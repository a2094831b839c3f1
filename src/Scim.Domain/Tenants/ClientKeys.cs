using System.Buffers.Text;
using System.Text.Json;

namespace Scim.Domain.Tenants;

/// <summary>The public keys (RFC 7517) with which a client signs its assertions, as it registered them.</summary>
public sealed class ClientKeys
{
    public const string Rule =
        "is {\"keys\": […]} with 1 to 10 public keys, EC on P-256 or RSA of 2048 to 4096 bits, each with a kid of its own";

    private const int MaxKeys = 10;
    private const int MaxKid = 100;
    private const int CoordinateBytes = 32;
    private const int MinModulusBytes = 256;
    private const int MaxModulusBytes = 512;

    private static readonly string[] PrivateParts = ["d", "p", "q", "dp", "dq", "qi", "k"];

    private ClientKeys(string json, IReadOnlyList<string> ids) => (Json, Ids) = (json, ids);

    /// <summary>As it is stored: the parts that are known and needed, no others.</summary>
    public string Json { get; }

    public IReadOnlyList<string> Ids { get; }

    /// <summary>Null when it is no such set; one with a private key is none.</summary>
    public static ClientKeys? Find(JsonElement set)
    {
        if (
            set.ValueKind != JsonValueKind.Object
            || !set.TryGetProperty("keys", out var keys)
            || keys.ValueKind != JsonValueKind.Array
            || keys.GetArrayLength() is 0 or > MaxKeys
        )
        {
            return null;
        }

        var parts = new List<SortedDictionary<string, string>>();
        foreach (var key in keys.EnumerateArray())
        {
            if (Read(key) is not { } part || parts.Exists(other => other["kid"] == part["kid"]))
            {
                return null;
            }

            parts.Add(part);
        }

        return new ClientKeys(JsonSerializer.Serialize(new { keys = parts }), [.. parts.Select(part => part["kid"])]);
    }

    private static SortedDictionary<string, string>? Read(JsonElement key)
    {
        if (
            key.ValueKind != JsonValueKind.Object
            || PrivateParts.Any(part => key.TryGetProperty(part, out _))
            || Text(key, "kid") is not { Length: > 0 and <= MaxKid } kid
        )
        {
            return null;
        }

        string[]? names = Text(key, "kty") switch
        {
            "EC" when Text(key, "crv") == "P-256" && Has(key, "x", CoordinateBytes) && Has(key, "y", CoordinateBytes) =>
                ["kty", "crv", "x", "y"],
            "RSA" when Has(key, "n", MinModulusBytes, MaxModulusBytes) && Has(key, "e", 1, 4) => ["kty", "n", "e"],
            _ => null,
        };
        if (names is null)
        {
            return null;
        }

        var parts = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["kid"] = kid };
        foreach (var name in names)
        {
            parts[name] = Text(key, name)!;
        }

        return parts;
    }

    private static string? Text(JsonElement key, string name) =>
        key.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool Has(JsonElement key, string name, int least, int? most = null) =>
        Text(key, name) is { Length: < 1024 } text
        && Base64Url.IsValid(text, out var length)
        && length >= least
        && length <= (most ?? least);
}
