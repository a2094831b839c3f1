using System.Buffers.Text;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Scim.Domain.Text;

namespace Scim.Domain.Tenants;

/// <summary>
/// The distinguished name by which a certificate authority knows a client. Two are the same when they have the same parts in
/// the same order, each with the same attributes in any order, whose values differ in case, in the width of blanks and in
/// their encoding at most (RFC 5280 §7.1).
/// </summary>
public sealed class SubjectName
{
    public const string Rule =
        @"is a distinguished name of at most 1024 characters as RFC 4514 writes it, such as CN=scim,O=Acme; a sign of a value's own is escaped, as in Acme\, Inc. or A\+B";

    private const int MaxLength = 1024;

    private readonly string _normal;

    private SubjectName(string text, string normal) => (Text, _normal) = (text, normal);

    /// <summary>As it was registered.</summary>
    public string Text { get; }

    /// <summary>The same for all ways to write the name.</summary>
    public string Digest => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(_normal)));

    /// <summary>Null when it is no such name.</summary>
    public static SubjectName? Find(string text) =>
        text.Length is > 0 and <= MaxLength && Normalize(() => new DistinguishedNameReader(text).Read()) is { } normal
            ? new SubjectName(text, normal)
            : null;

    public bool IsOf(X509Certificate2 certificate) => Normalize(() => Read(certificate.SubjectName)) == _normal;

    /// <summary>The value of an attribute in a certificate.</summary>
    internal static string ReadValue(AsnReader value) =>
        value.ReadCharacterString((UniversalTagNumber)value.PeekTag().TagValue);

    // As text has them: the last part first.
    private static IEnumerable<IEnumerable<(string Type, string Value)>> Read(X500DistinguishedName name) =>
        name.EnumerateRelativeDistinguishedNames(reversed: true).Select(part => ReadPart(part.RawData));

    private static IEnumerable<(string Type, string Value)> ReadPart(ReadOnlyMemory<byte> part)
    {
        var attributes = new AsnReader(part, AsnEncodingRules.BER).ReadSetOf();
        while (attributes.HasData)
        {
            var attribute = attributes.ReadSequence();
            yield return (attribute.ReadObjectIdentifier(), ReadValue(attribute));
        }
    }

    /// <summary>Null for what is no name, or one with a value that is empty or no text.</summary>
    private static string? Normalize(Func<IEnumerable<IEnumerable<(string Type, string Value)>>> read)
    {
        try
        {
            var parts = read().Select(part => string.Join('+', part.Select(Fold).Order(StringComparer.Ordinal)) + ";");
            return string.Concat(parts) is { Length: > 0 } normal ? normal : null;
        }
        catch (Exception exception)
            when (exception is FormatException or AsnContentException or CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    // Lengths instead of separators: no value can look like two attributes.
    private static string Fold((string Type, string Value) attribute)
    {
        var words = Folding.Fold(attribute.Value).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var folded = string.Join(' ', words);
        return folded.Length > 0 ? $"{attribute.Type}:{folded.Length}:{folded}" : throw new FormatException();
    }
}
