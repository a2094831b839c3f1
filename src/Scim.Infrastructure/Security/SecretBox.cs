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

    public async ValueTask<byte[]> SealAsync(byte[] secret, string purpose, CancellationToken cancellationToken)
    {
        var master = Configured() ?? await keys.GetAsync(OwnKeyName, cancellationToken);
        var dataKey = RandomNumberGenerator.GetBytes(KeyLength);
        var binding = Encoding.UTF8.GetBytes(purpose);
        return [Version, .. IdOf(master), .. Encrypt(master, dataKey, binding), .. Encrypt(dataKey, secret, binding)];
    }

    public async ValueTask<byte[]> OpenAsync(byte[] sealedSecret, string purpose, CancellationToken cancellationToken)
    {
        if (sealedSecret.Length < HeaderLength + KeyLength + (2 * Overhead) || sealedSecret[0] != Version)
        {
            throw new InvalidOperationException("A secret is stored in a form that this version does not know.");
        }

        var id = sealedSecret[1..HeaderLength];
        var master = await FindAsync(id, cancellationToken);
        var binding = Encoding.UTF8.GetBytes(purpose);
        var end = HeaderLength + KeyLength + Overhead;
        var dataKey = Decrypt(master, sealedSecret[HeaderLength..end], binding);
        return Decrypt(dataKey, sealedSecret[end..], binding);
    }

    // What was sealed before a master key was configured opens by the installation's own.
    private async ValueTask<byte[]> FindAsync(byte[] id, CancellationToken cancellationToken)
    {
        if (Configured() is { } configured && IdOf(configured).AsSpan().SequenceEqual(id))
        {
            return configured;
        }

        var own = await keys.GetAsync(OwnKeyName, cancellationToken);
        return IdOf(own).AsSpan().SequenceEqual(id)
            ? own
            : throw new InvalidOperationException("A secret was sealed under another key than Secrets:Key.");
    }

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
