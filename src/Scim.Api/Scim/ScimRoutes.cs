namespace Scim.Api.Scim;

/// <summary>Every route of the SCIM data plane.</summary>
internal static class ScimRoutes
{
    public const string Base = "/scim/v2";

    private static readonly string[] Reads = ["GET", "HEAD"];

    public static void MapScim(this IEndpointRouteBuilder app)
    {
        var scim = app.MapGroup(Base);
        UsersEndpoints.Map(scim);
        GroupsEndpoints.Map(scim);
        SearchEndpoints.Map(scim);
        BulkEndpoint.Map(scim);
        DiscoveryEndpoints.Map(scim);
        MeEndpoint.Map(scim);
    }

    /// <summary>GET, and HEAD, whose answer the host sends without its body (RFC 9110 §9.3.2).</summary>
    public static void MapRead(this IEndpointRouteBuilder scim, string path, Delegate handler) =>
        scim.MapMethods(path, Reads, handler);

    public static bool IsRead(this HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
}
