using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Persistence.Search;

/// <summary>Where the last page of a cursor query ended: type, sequence and sort value of its last resource.</summary>
internal sealed record CursorPosition(int Type, long Sequence, bool HasKey, string? Key);

/// <summary>
/// Cursors (RFC 9865 §2): encrypted and authenticated, bound to tenant, query and count, expiring. Nothing is kept on the
/// server, so they work on every replica.
/// </summary>
internal sealed class CursorCodec(ServerKeys keys, RuntimeSettings settings, TimeProvider clock)
{
    private const string KeyName = "cursor";
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private sealed record Payload(int T, long S, bool H, string? K, int C, long E);

    public async ValueTask<string> ProtectAsync(
        CursorPosition position,
        TenantId tenant,
        string query,
        int count,
        CancellationToken cancellationToken
    )
    {
        var key = await keys.GetAsync(KeyName, cancellationToken);
        var lifetime = settings.Of(tenant).Limits.CursorTimeoutSeconds;
        var expires = clock.GetUtcNow().AddSeconds(lifetime).ToUnixTimeSeconds();
        var plain = JsonSerializer.SerializeToUtf8Bytes(
            new Payload(position.Type, position.Sequence, position.HasKey, position.Key, count, expires)
        );
        var sealedBytes = new byte[NonceLength + plain.Length + TagLength];
        RandomNumberGenerator.Fill(sealedBytes.AsSpan(0, NonceLength));
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(
            sealedBytes.AsSpan(0, NonceLength),
            plain,
            sealedBytes.AsSpan(NonceLength, plain.Length),
            sealedBytes.AsSpan(NonceLength + plain.Length),
            Binding(tenant, query)
        );
        return Base64Url.EncodeToString(sealedBytes);
    }

    /// <exception cref="ScimException">400 invalidCursor, expiredCursor or invalidCount.</exception>
    public async ValueTask<CursorPosition> UnprotectAsync(
        string cursor,
        TenantId tenant,
        string query,
        int count,
        CancellationToken cancellationToken
    )
    {
        var key = await keys.GetAsync(KeyName, cancellationToken);
        var payload =
            Open(cursor, key, Binding(tenant, query))
            ?? throw ScimError.InvalidCursor(
                "The cursor does not belong to this query; start again with an empty cursor (RFC 9865 §2.1)."
            );
        if (payload.E < clock.GetUtcNow().ToUnixTimeSeconds())
        {
            throw ScimError.ExpiredCursor("The cursor has expired; start again with an empty cursor (RFC 9865 §2.1).");
        }

        return payload.C == count
            ? new CursorPosition(payload.T, payload.S, payload.H, payload.K)
            : throw ScimError.InvalidCount(
                $"count must stay {payload.C.ToString(CultureInfo.InvariantCulture)}, as in the first request of this query (RFC 9865 §2.1)."
            );
    }

    private static Payload? Open(string cursor, byte[] key, byte[] binding)
    {
        if (cursor.Length > 8192 || !Base64Url.IsValid(cursor))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(cursor);
        if (bytes.Length < NonceLength + TagLength)
        {
            return null;
        }

        var plain = new byte[bytes.Length - NonceLength - TagLength];
        try
        {
            using var aes = new AesGcm(key, TagLength);
            aes.Decrypt(
                bytes.AsSpan(0, NonceLength),
                bytes.AsSpan(NonceLength, plain.Length),
                bytes.AsSpan(NonceLength + plain.Length),
                plain,
                binding
            );
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        return JsonSerializer.Deserialize<Payload>(plain);
    }

    private static byte[] Binding(TenantId tenant, string query) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{tenant}\n{query}"));
}
