using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Scim.Application.Common;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Security;

/// <summary>
/// Envelope encryption: each secret has a data key of its own (AES-256-GCM), which the master key wraps, so that another
/// master key means wrapping data keys anew and no secret is touched. Layout: version, the master key's id, the wrapped data
/// key, the sealed secret. Without a configured master key one of the installation's own is used, which keeps secrets from a
/// glance at a row but not from whoever has the whole database.
/// </summary>
internal sealed class SecretBox(ServerKeys keys, IOptions<SecretsOptions> options) : ISecretBox
{
    public const string OwnKeyName = "secret-box";
    public const int KeyLength = 32;

    private const byte Version = 1;
    private const int IdLength = 8;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int Overhead = NonceLength + TagLength;
    private const int HeaderLength = 1 + IdLength;
    private const int SecretStart = HeaderLength + KeyLength + Overhead;

    public bool IsConfigured => Configured() is not null;

    public async ValueTask<byte[]> SealAsync(byte[] secret, string purpose, CancellationToken cancellationToken)
    {
        var master = await CurrentAsync(cancellationToken);
        var dataKey = RandomNumberGenerator.GetBytes(KeyLength);
        var binding = Encoding.UTF8.GetBytes(purpose);
        return [Version, .. IdOf(master), .. Encrypt(master, dataKey, binding), .. Encrypt(dataKey, secret, binding)];
    }

    public async ValueTask<byte[]> OpenAsync(byte[] sealedSecret, string purpose, CancellationToken cancellationToken)
    {
        var binding = Encoding.UTF8.GetBytes(purpose);
        var dataKey = await UnwrapAsync(sealedSecret, binding, cancellationToken);
        return Decrypt(dataKey, sealedSecret[SecretStart..], binding);
    }

    /// <summary>The same secret with its data key wrapped by the current master key; null when that wraps it already.</summary>
    public async ValueTask<byte[]?> RewrapAsync(
        byte[] sealedSecret,
        string purpose,
        CancellationToken cancellationToken
    )
    {
        var binding = Encoding.UTF8.GetBytes(purpose);
        var dataKey = await UnwrapAsync(sealedSecret, binding, cancellationToken);
        var master = await CurrentAsync(cancellationToken);
        return IsUnder(master, sealedSecret)
            ? null
            : [Version, .. IdOf(master), .. Encrypt(master, dataKey, binding), .. sealedSecret[SecretStart..]];
    }

    private async ValueTask<byte[]> UnwrapAsync(
        byte[] sealedSecret,
        byte[] binding,
        CancellationToken cancellationToken
    )
    {
        if (sealedSecret.Length < SecretStart + Overhead || sealedSecret[0] != Version)
        {
            throw new InvalidOperationException("A secret is stored in a form that this version does not know.");
        }

        var master = await FindAsync(sealedSecret, cancellationToken);
        return Decrypt(master, sealedSecret[HeaderLength..SecretStart], binding);
    }

    // What was sealed before a master key was configured opens by the installation's own.
    private async ValueTask<byte[]> FindAsync(byte[] sealedSecret, CancellationToken cancellationToken)
    {
        foreach (var text in Base64KeysAttribute.Split($"{options.Value.Key},{options.Value.PreviousKeys}"))
        {
            var key = Convert.FromBase64String(text);
            if (IsUnder(key, sealedSecret))
            {
                return key;
            }
        }

        var own = await keys.GetAsync(OwnKeyName, cancellationToken);
        return IsUnder(own, sealedSecret)
            ? own
            : throw new InvalidOperationException(
                "A secret was sealed under another key than those in Secrets:Key and Secrets:PreviousKeys."
            );
    }

    private async ValueTask<byte[]> CurrentAsync(CancellationToken cancellationToken) =>
        Configured() ?? await keys.GetAsync(OwnKeyName, cancellationToken);

    private static bool IsUnder(byte[] master, byte[] sealedSecret) =>
        IdOf(master).AsSpan().SequenceEqual(sealedSecret.AsSpan(1, IdLength));

    private byte[]? Configured() => options.Value.Key is { Length: > 0 } text ? Convert.FromBase64String(text) : null;

    private static byte[] IdOf(byte[] key) => SHA256.HashData([.. "secret-box-key-id"u8, .. key])[..IdLength];

    private static byte[] Encrypt(byte[] key, byte[] plain, byte[] binding)
    {
        var output = new byte[plain.Length + Overhead];
        RandomNumberGenerator.Fill(output.AsSpan(0, NonceLength));
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(
            output.AsSpan(0, NonceLength),
            plain,
            output.AsSpan(NonceLength, plain.Length),
            output.AsSpan(NonceLength + plain.Length),
            binding
        );
        return output;
    }

    private static byte[] Decrypt(byte[] key, byte[] input, byte[] binding)
    {
        var plain = new byte[input.Length - Overhead];
        using var aes = new AesGcm(key, TagLength);
        aes.Decrypt(
            input.AsSpan(0, NonceLength),
            input.AsSpan(NonceLength, plain.Length),
            input.AsSpan(NonceLength + plain.Length),
            plain,
            binding
        );
        return plain;
    }
}
