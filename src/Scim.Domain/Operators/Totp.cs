using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Scim.Domain.Operators;

/// <summary>
/// Time-based one-time passwords (RFC 6238) as every authenticator app makes them: SHA-1, six digits, 30 seconds. The
/// framework's own does not say which step a code is of, and that is what makes a code work once.
/// </summary>
public static class Totp
{
    /// <summary>160 bits, as RFC 4226 §4 recommends.</summary>
    public const int SecretLength = 20;

    public const int ShortestSecret = 10;

    private const int Digits = 6;
    private const int Modulus = 1_000_000;
    private const int PeriodSeconds = 30;
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static long StepAt(DateTimeOffset time) => time.ToUnixTimeSeconds() / PeriodSeconds;

    /// <summary>
    /// The step that the code is of: the current one or a neighbour, for clocks that differ (RFC 6238 §5.2). Null for a
    /// wrong code.
    /// </summary>
    public static long? FindStep(byte[] secret, string code, DateTimeOffset now)
    {
        var current = StepAt(now);
        long? found = null;
        for (var step = current - 1; step <= current + 1; step++)
        {
            // All three are compared, so that the time tells nothing about which one it was.
            if (
                CryptographicOperations.FixedTimeEquals(
                    Encoding.UTF8.GetBytes(Compute(secret, step)),
                    Encoding.UTF8.GetBytes(code)
                )
            )
            {
                found = step;
            }
        }

        return found;
    }

    [SuppressMessage("Security", "CA5350", Justification = "RFC 6238's default, and the only one that all apps know.")]
    public static string Compute(byte[] secret, long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        Span<byte> mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        HMACSHA1.HashData(secret, counter, mac);
        var number = BinaryPrimitives.ReadUInt32BigEndian(mac[(mac[^1] & 0xF)..]) & 0x7FFFFFFF;
        return (number % Modulus).ToString(CultureInfo.InvariantCulture).PadLeft(Digits, '0');
    }

    public static string Encode(byte[] secret)
    {
        var text = new StringBuilder();
        for (var bit = 0; bit < secret.Length * 8; bit += 5)
        {
            var pair = (secret[bit / 8] << 8) | (bit / 8 + 1 < secret.Length ? secret[bit / 8 + 1] : 0);
            text.Append(Base32[(pair >> (11 - bit % 8)) & 31]);
        }

        return text.ToString();
    }

    /// <summary>Null for what is not base32 (RFC 4648 §6), or shorter than any app would take.</summary>
    public static byte[]? Decode(string text)
    {
        var digits = text.Replace(" ", "", StringComparison.Ordinal).TrimEnd('=').ToUpperInvariant();
        var secret = new byte[digits.Length * 5 / 8];
        var (buffer, bits, position) = (0, 0, 0);
        foreach (var digit in digits)
        {
            var value = Base32.IndexOf(digit, StringComparison.Ordinal);
            if (value < 0)
            {
                return null;
            }

            buffer = ((buffer << 5) | value) & 0xFFF;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                secret[position++] = (byte)(buffer >> bits);
            }
        }

        return secret.Length < ShortestSecret ? null : secret;
    }

    /// <summary>What a QR code for an authenticator app holds.</summary>
    public static string Uri(string userName, byte[] secret) =>
        $"otpauth://totp/ScimPlatform:{System.Uri.EscapeDataString(userName)}?secret={Encode(secret)}&issuer=ScimPlatform&algorithm=SHA1&digits={Digits}&period={PeriodSeconds}";
}
