using System.Text.Json.Nodes;
using Scim.Application.Schemas;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Api.Scim;

/// <summary>The resources of RFC 7643 §5 to §7.</summary>
internal static class DiscoveryDocuments
{
    public static JsonObject ServiceProviderConfig(string baseUrl, EffectiveSettings settings, TenantId? tenant)
    {
        var limits = settings.Limits;
        return new()
        {
            ["schemas"] = new JsonArray(Urns.ServiceProviderConfig),
            ["patch"] = Supported(),
            ["bulk"] = new JsonObject
            {
                ["supported"] = settings.Bulk.Includes(tenant),
                ["maxOperations"] = limits.MaxBulkOperations,
                ["maxPayloadSize"] = limits.MaxBodyBytes,
            },
            ["filter"] = new JsonObject { ["supported"] = true, ["maxResults"] = limits.MaxPageSize },
            ["changePassword"] = Supported(),
            ["sort"] = Supported(),
            ["etag"] = Supported(),
            ["pagination"] = new JsonObject
            {
                ["cursor"] = settings.Cursors.Includes(tenant),
                ["index"] = true,
                ["defaultPaginationMethod"] = "index",
                ["defaultPageSize"] = limits.DefaultPageSize,
                ["maxPageSize"] = limits.MaxPageSize,
                ["cursorTimeout"] = limits.CursorTimeoutSeconds,
            },
            ["authenticationSchemes"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "oauthbearertoken",
                    ["name"] = "OAuth Bearer Token",
                    ["description"] = "The token of a SCIM client in the Authorization header.",
                    ["specUri"] = "https://www.rfc-editor.org/info/rfc6750",
                    ["primary"] = true,
                }
            ),
            ["meta"] = Meta("ServiceProviderConfig", $"{baseUrl}/ServiceProviderConfig"),
        };
    }

    public static IReadOnlyList<JsonObject> ResourceTypes(TenantSchemas schemas, string baseUrl) =>
        [ResourceType(schemas.User, baseUrl), ResourceType(schemas.Group, baseUrl)];

    public static IReadOnlyList<JsonObject> Schemas(TenantSchemas schemas, string baseUrl)
    {
        SchemaDocument[] documents =
        [
            schemas.User.Core,
            .. schemas.User.Extensions,
            schemas.Group.Core,
            .. schemas.Group.Extensions,
            BuiltInSchemas.ServiceProviderConfig,
            BuiltInSchemas.ResourceType,
            BuiltInSchemas.Schema,
        ];
        return [.. documents.Select(document => Schema(document, schemas, baseUrl))];
    }

    private static JsonObject Schema(SchemaDocument document, TenantSchemas schemas, string baseUrl)
    {
        var schema = JsonNode.Parse(document.Json.GetRawText())!.AsObject();
        if (document.Urn == Urns.Group && !schemas.UniqueGroupNames)
        {
            var displayName = schema["attributes"]!
                .AsArray()
                .First(attribute => (string?)attribute!["name"] == "displayName")!;
            displayName["uniqueness"] = "none";
        }

        Complete(schema["attributes"]!.AsArray());
        schema["schemas"] = new JsonArray(Urns.Schema);
        schema["meta"] = Meta("Schema", $"{baseUrl}/Schemas/{document.Urn}");
        return schema;
    }

    // RFC 7643 §2.2: what a tenant's schema leaves out has these defaults, and clients are told so.
    private static void Complete(JsonArray attributes)
    {
        foreach (var attribute in attributes.Select(attribute => attribute!.AsObject()))
        {
            attribute.TryAdd("type", "string");
            attribute.TryAdd("multiValued", false);
            attribute.TryAdd("required", false);
            attribute.TryAdd("mutability", "readWrite");
            attribute.TryAdd("returned", "default");
            if (attribute["subAttributes"] is JsonArray subAttributes)
            {
                Complete(subAttributes);
                continue;
            }

            attribute.TryAdd("caseExact", false);
            attribute.TryAdd("uniqueness", "none");
        }
    }

    private static JsonObject ResourceType(ResourceSchema schema, string baseUrl)
    {
        var type = new JsonObject
        {
            ["schemas"] = new JsonArray(Urns.ResourceType),
            ["id"] = schema.Name,
            ["name"] = schema.Name,
            ["description"] = schema.Core.Description,
            ["endpoint"] = schema.Endpoint,
            ["schema"] = schema.Urn,
        };
        if (schema.Extensions.Count > 0)
        {
            type["schemaExtensions"] = new JsonArray([
                .. schema.Extensions.Select(extension => new JsonObject
                {
                    ["schema"] = extension.Urn,
                    ["required"] = extension.Required,
                }),
            ]);
        }

        type["meta"] = Meta("ResourceType", $"{baseUrl}/ResourceTypes/{schema.Name}");
        return type;
    }

    private static JsonObject Supported() => new() { ["supported"] = true };

    private static JsonObject Meta(string resourceType, string location) =>
        new() { ["resourceType"] = resourceType, ["location"] = location };
}
