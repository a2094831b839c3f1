using Scim.Api.Scim;
using Scim.Application.Common;

namespace Scim.Api.Security;

/// <summary>What authentication needs to know of a SCIM path before routing has seen it.</summary>
internal static class ScimPaths
{
    private const string Search = "/.search";
    private static readonly PathString[] Discovery =
    [
        "/scim/v2/ServiceProviderConfig",
        "/scim/v2/Schemas",
        "/scim/v2/ResourceTypes",
    ];

    /// <summary>RFC 7644 §4: these may be read without a token.</summary>
    public static bool IsDiscovery(PathString path)
    {
        foreach (var prefix in Discovery)
        {
            if (path.StartsWithSegments(prefix))
            {
                return true;
            }
        }

        return false;
    }

    public static Scopes NeededScope(HttpRequest request) =>
        request.IsRead() || (HttpMethods.IsPost(request.Method) && IsSearch(request.Path)) ? Scopes.Read : Scopes.Write;

    private static bool IsSearch(PathString path) =>
        path.Value is { } text && text.AsSpan().TrimEnd('/').EndsWith(Search, StringComparison.OrdinalIgnoreCase);
}
