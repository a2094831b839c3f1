using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Scim.Domain.Text;

namespace Scim.Domain.Tenants;

/// <summary>
/// The distinguished name by which a certificate authority knows a client. Two are the same when they have the same attributes
/// in the same order, with values that differ in case, in the width of blanks and in their encoding at most (RFC 5280 §7.1).
/// </summary>
public sealed class SubjectName
{
    public const string Rule =
        "is a distinguished name of at most 1024 characters as RFC 4514 writes it, such as CN=scim,O=Acme, each part with one attribute";

    private const int MaxLength = 1024;

    private readonly string _normal;

    private SubjectName(string text, string normal) => (Text, _normal) = (text, normal);

    /// <summary>As it was registered.</summary>
    public string Text { get; }

    /// <summary>The same for all ways to write the name.</summary>
    public string Digest => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(_normal)));

    /// <summary>Null when it is no such name.</summary>
    public static SubjectName? Find(string text)
    {
        try
        {
            return
                text.Length is > 0 and <= MaxLength
                && Normalize(new X500DistinguishedName(text)) is { Length: > 0 } normal
                ? new SubjectName(text, normal)
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public bool IsOf(X509Certificate2 certificate) => Normalize(certificate.SubjectName) == _normal;

    /// <summary>Null for a name with a part of several attributes, or of a value that is no text.</summary>
    private static string? Normalize(X500DistinguishedName name)
    {
        var normal = new StringBuilder();
        foreach (var part in name.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements || part.GetSingleElementValue() is not { } value)
            {
                return null;
            }

            var words = Folding.Fold(value).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            // Lengths instead of separators: no value can look like two parts.
            var folded = string.Join(' ', words);
            normal.Append(null, $"{part.GetSingleElementType().Value}:{folded.Length}:{folded};");
        }

        return normal.ToString();
    }
}
