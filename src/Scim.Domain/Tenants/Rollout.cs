using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Scim.Domain.Tenants;

/// <summary>
/// For whom a feature is on: nobody, everybody, or the tenants named and a share of the others. A tenant's place in the
/// order does not change, so a growing share takes tenants in and puts none out.
/// </summary>
public sealed class Rollout
{
    public const int MaxNameLength = 64;
    private const int MaxTenants = 1000;
    private const int Everyone = 100;

    public static readonly Rollout Everybody = new("", Everyone, []);
    public static readonly Rollout Nobody = new("", 0, []);

    private readonly string _feature;
    private readonly int _percent;
    private readonly HashSet<Guid> _tenants;

    private Rollout(string feature, int percent, HashSet<Guid> tenants) =>
        (_feature, _percent, _tenants) = (feature, percent, tenants);

    /// <summary>Where there is no tenant it is on only when it is for everybody.</summary>
    public bool Includes(TenantId? tenant) =>
        _percent == Everyone
        || (
            tenant is { } id
            && (_tenants.Contains(id.Value) || (_percent > 0 && PlaceOf(_feature, id.Value) < _percent))
        );

    /// <summary>
    /// Reads <c>true</c>, <c>false</c> or <c>{"enabled": true, "percent": 20, "tenants": ["…"]}</c>; null when it is none of
    /// them. Without percent and tenants it is for everybody, with tenants alone for nobody else.
    /// </summary>
    public static Rollout? Read(string feature, JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.ValueKind == JsonValueKind.True ? Everybody : Nobody;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var (enabled, percent) = (true, (int?)null);
        HashSet<Guid>? tenants = null;
        foreach (var property in value.EnumerateObject())
        {
            switch (property.Name)
            {
                case "enabled" when property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                    enabled = property.Value.GetBoolean();
                    break;
                case "percent" when Percent(property.Value) is { } share:
                    percent = share;
                    break;
                case "tenants" when Ids(property.Value) is { } ids:
                    tenants = ids;
                    break;
                default:
                    return null;
            }
        }

        return enabled ? new Rollout(feature, percent ?? (tenants is null ? Everyone : 0), tenants ?? []) : Nobody;
    }

    private static int? Percent(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var percent) && percent is >= 0 and <= Everyone
            ? percent
            : null;

    private static HashSet<Guid>? Ids(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MaxTenants)
        {
            return null;
        }

        var ids = new HashSet<Guid>();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String || !item.TryGetGuid(out var id))
            {
                return null;
            }

            ids.Add(id);
        }

        return ids;
    }

    // From 0 to 99, another order for each feature: the same tenants need not be the first every time.
    private static int PlaceOf(string feature, Guid tenant)
    {
        Span<byte> text = stackalloc byte[16 + (3 * MaxNameLength)];
        tenant.TryWriteBytes(text, bigEndian: true, out var length);
        length += Encoding.UTF8.GetBytes(feature, text[length..]);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], digest);
        return (int)(BinaryPrimitives.ReadUInt32BigEndian(digest) % Everyone);
    }
}
