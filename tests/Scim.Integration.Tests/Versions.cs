using System.Globalization;

namespace Scim.Integration.Tests;

internal static class Versions
{
    /// <summary>The resource's own version from a weak ETag: <c>W/"7"</c>, or <c>W/"7.groups"</c> for a user.</summary>
    public static long Parse(string? tag) =>
        long.Parse(tag!["W/\"".Length..^1].Split('.')[0], CultureInfo.InvariantCulture);
}
