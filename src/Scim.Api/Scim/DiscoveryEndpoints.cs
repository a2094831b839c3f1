using System.Text.Json;
using System.Text.Json.Nodes;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Domain.Errors;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Api.Scim;

/// <summary>
/// Discovery (RFC 7644 §4): with a token the tenant's schemas, without one the built-in ones. Made from the definitions
/// and limits that the service works with.
/// </summary>
internal static class DiscoveryEndpoints
{
    public static void Map(IEndpointRouteBuilder scim)
    {
        scim.MapRead(
            "/ServiceProviderConfig",
            (HttpContext context, ScimResults results, RuntimeSettings settings, RequestContext request) =>
                OneAsync(
                    context,
                    DiscoveryDocuments.ServiceProviderConfig(
                        results.BaseUrl(context.Request),
                        settings.Of(request.Tenant),
                        request.Tenant
                    )
                )
        );
        scim.MapRead(
            "/ResourceTypes",
            async (HttpContext context, RequestContext request, ISchemaCatalog catalog, ScimResults results) =>
                await ListAsync(context, await TypesAsync(context, request, catalog, results))
        );
        scim.MapRead(
            "/ResourceTypes/{id}",
            async (
                string id,
                HttpContext context,
                RequestContext request,
                ISchemaCatalog catalog,
                ScimResults results
            ) => await OneAsync(context, Find(await TypesAsync(context, request, catalog, results), "ResourceType", id))
        );
        scim.MapRead(
            "/Schemas",
            async (HttpContext context, RequestContext request, ISchemaCatalog catalog, ScimResults results) =>
                await ListAsync(context, await SchemasAsync(context, request, catalog, results))
        );
        scim.MapRead(
            "/Schemas/{id}",
            async (
                string id,
                HttpContext context,
                RequestContext request,
                ISchemaCatalog catalog,
                ScimResults results
            ) => await OneAsync(context, Find(await SchemasAsync(context, request, catalog, results), "Schema", id))
        );
    }

    private static async Task<IReadOnlyList<JsonObject>> TypesAsync(
        HttpContext context,
        RequestContext request,
        ISchemaCatalog catalog,
        ScimResults results
    ) =>
        DiscoveryDocuments.ResourceTypes(
            await CurrentAsync(context, request, catalog),
            results.BaseUrl(context.Request)
        );

    private static async Task<IReadOnlyList<JsonObject>> SchemasAsync(
        HttpContext context,
        RequestContext request,
        ISchemaCatalog catalog,
        ScimResults results
    ) => DiscoveryDocuments.Schemas(await CurrentAsync(context, request, catalog), results.BaseUrl(context.Request));

    private static async ValueTask<TenantSchemas> CurrentAsync(
        HttpContext context,
        RequestContext request,
        ISchemaCatalog catalog
    ) => request.Caller is null ? TenantSchemas.BuiltIn : await catalog.GetAsync(context.RequestAborted);

    private static JsonObject Find(IReadOnlyList<JsonObject> documents, string type, string id) =>
        documents.FirstOrDefault(document => id.Equals((string?)document["id"], StringComparison.OrdinalIgnoreCase))
        ?? throw ScimError.NotFound(type, JsonText.Quote(id));

    private static Task ListAsync(HttpContext context, IReadOnlyList<JsonObject> documents) =>
        OneAsync(
            context,
            new JsonObject
            {
                ["schemas"] = new JsonArray(Urns.ListResponse),
                ["totalResults"] = documents.Count,
                ["itemsPerPage"] = documents.Count,
                ["startIndex"] = 1,
                ["Resources"] = new JsonArray([.. documents]),
            }
        );

    private static async Task OneAsync(HttpContext context, JsonObject document)
    {
        // RFC 7644 §4: the discovery endpoints do not filter.
        if (context.Request.Query.ContainsKey("filter"))
        {
            throw ScimError.Forbidden("This endpoint cannot be filtered (RFC 7644 §4).");
        }

        var bytes = JsonSerializer.SerializeToUtf8Bytes(document);
        var response = ScimResults.Begin(context, StatusCodes.Status200OK);
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
