using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Scim.TestKit;

namespace Scim.Integration.Tests;

/// <summary>A route that the host really answers; the path of a SCIM route is relative to its base.</summary>
internal sealed record Routes(string Method, string Path, bool IsScim)
{
    private const string Base = "/scim/v2";

    public bool IsAdmin => Path.StartsWith("/admin/", StringComparison.Ordinal);

    public bool IsDiscovery =>
        IsScim
        && (
            Path.StartsWith("/ServiceProviderConfig", StringComparison.Ordinal)
            || Path.StartsWith("/Schemas", StringComparison.Ordinal)
            || Path.StartsWith("/ResourceTypes", StringComparison.Ordinal)
        );

    public bool IsTenantData => IsScim && !IsDiscovery && Path != "/Me";

    /// <summary>RFC 7644 §3.4.3: a search is a read, although it is a POST.</summary>
    public bool IsRead => Method is "GET" or "HEAD" || Path.EndsWith("/.search", StringComparison.Ordinal);

    public static IReadOnlyList<Routes> Of(ApiServer server) =>
        [
            .. server
                .Services.GetRequiredService<EndpointDataSource>()
                .Endpoints.OfType<RouteEndpoint>()
                .SelectMany(endpoint =>
                {
                    var path = "/" + endpoint.RoutePattern.RawText!.Trim('/');
                    var isScim = path.StartsWith(Base, StringComparison.Ordinal);
                    var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [];
                    return methods.Select(method => new Routes(method, isScim ? path[Base.Length..] : path, isScim));
                }),
        ];
}
