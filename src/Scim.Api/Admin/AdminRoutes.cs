namespace Scim.Api.Admin;

/// <summary>Every route of the control plane; who may call it stands in <see cref="AdminPolicy"/>.</summary>
internal static class AdminRoutes
{
    public const string Base = "/admin/v1";

    public static void MapAdmin(this IEndpointRouteBuilder app)
    {
        var admin = app.MapGroup(Base);
        admin.AddEndpointFilter(new Idempotency());
        SignInEndpoints.Map(admin);
        OperatorsEndpoints.Map(admin);
        ApiKeysEndpoints.Map(admin);
        TenantsEndpoints.Map(admin);
        WorkspacesEndpoints.Map(admin);
        SignupEndpoints.Map(admin);
        ConfigEndpoints.Map(admin);
        SchemasEndpoints.Map(admin);
        AuditEndpoints.Map(admin);
        AuditStreamsEndpoints.Map(admin);
        ScimClientsEndpoints.Map(admin);
        SigningKeysEndpoints.Map(admin);
    }
}
