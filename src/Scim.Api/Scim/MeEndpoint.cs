using Scim.Domain.Errors;

namespace Scim.Api.Scim;

/// <summary>/Me (RFC 7644 §3.11): the credential of a SCIM client stands for no user.</summary>
internal static class MeEndpoint
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    public static void Map(IEndpointRouteBuilder scim) =>
        scim.MapMethods(
            "/Me",
            Methods,
            (HttpContext _) =>
                throw ScimError.NotImplemented(
                    "/Me needs a credential that stands for a user; a SCIM client's does not (RFC 7644 §3.11)."
                )
        );
}
