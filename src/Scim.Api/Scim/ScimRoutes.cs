namespace Scim.Api.Scim;

/// <summary>Every route of the SCIM data plane.</summary>
internal static class ScimRoutes
{
    public const string Base = "/scim/v2";

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
}
