namespace Scim.Application.Common;

/// <summary>The precondition of an <c>If-Match</c> header (RFC 7644 §3.14): versions the client accepts. Compared by the version part of the tag.</summary>
public sealed class IfMatch
{
    private readonly bool _any;
    private readonly long[] _versions;

    private IfMatch(bool any, long[] versions) => (_any, _versions) = (any, versions);

    /// <summary>Null when the header is absent. A tag that this service never issues matches nothing.</summary>
    public static IfMatch? Parse(string? header)
    {
        if (string.IsNullOrWhiteSpace(header))
        {
            return null;
        }

        var tags = header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return tags is ["*"] ? new IfMatch(true, []) : new IfMatch(false, [.. tags.Select(Version).OfType<long>()]);
    }

    /// <summary>Null when any version will do.</summary>
    public long[]? Versions => _any ? null : _versions;

    public bool Accepts(long version) => _any || Array.IndexOf(_versions, version) >= 0;

    private static long? Version(string tag)
    {
        var text = tag.StartsWith("W/", StringComparison.OrdinalIgnoreCase) ? tag[2..] : tag;
        text = text.Trim('"');
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return long.TryParse(
            dot < 0 ? text : text[..dot],
            System.Globalization.NumberStyles.None,
            System.Globalization.CultureInfo.InvariantCulture,
            out var version
        )
            ? version
            : null;
    }
}
