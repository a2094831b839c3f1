using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scim.Api.Admin;

namespace Scim.Api.OpenApi;

/// <summary>
/// The OpenAPI document of all that is not SCIM, which describes itself by <c>/Schemas</c>. It is made of the routes,
/// once, and <c>docs/openapi.json</c> is a copy of it.
/// </summary>
internal sealed class AdminDocument([FromKeyedServices(AdminDocument.Name)] IOpenApiDocumentProvider provider)
{
    public const string Path = "/openapi/admin.json";

    private const string Name = "admin";

    private readonly Lazy<Task<string>> _text = new(() => WriteAsync(provider));

    public static void Add(IServiceCollection services)
    {
        // A number in quotes is refused everywhere, so the schemas must not offer it.
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict);
        services.AddSingleton<AdminDocument>();
        services.AddOpenApi(
            Name,
            options =>
            {
                options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
                options.ShouldInclude = route =>
                    route.RelativePath?.StartsWith("scim/", StringComparison.Ordinal) == false;
                // Any JSON is no type of its own.
                options.CreateSchemaReferenceId = type =>
                    type.Type == typeof(JsonElement) || type.Type == typeof(JsonElement?)
                        ? null
                        : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
                options.AddSchemaTransformer<SchemaDescriber>();
                options.AddOperationTransformer<OperationDescriber>();
                options.AddDocumentTransformer(HeadAsync);
            }
        );
    }

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet(
                Path,
                async (AdminDocument document, HttpResponse response) =>
                {
                    response.Headers.CacheControl = "no-cache";
                    response.Headers.XContentTypeOptions = "nosniff";
                    return Results.Text(await document._text.Value, "application/json");
                }
            )
            .ExcludeFromDescription();

    private static async Task<string> WriteAsync(IOpenApiDocumentProvider provider)
    {
        var document = await provider.GetOpenApiDocumentAsync();
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1) + "\n";
    }

    private static async Task HeadAsync(
        OpenApiDocument document,
        OpenApiDocumentTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        document.Info = new OpenApiInfo
        {
            Title = "ScimPlatform control plane",
            Version = "v1",
            Description =
                "Operators and automation run the service by this. Answers may get more fields at any time. "
                + "SCIM itself, under /scim/v2, describes itself by its /Schemas and /ServiceProviderConfig.",
        };
        // Where it was fetched from is where it holds.
        document.Servers = [];
        document.Tags = document
            .Paths.Values.SelectMany(path => path.Operations!.Values)
            .SelectMany(operation => operation.Tags!)
            .Select(tag => tag.Name!)
            .Distinct()
            .Select(name => new OpenApiTag { Name = name })
            .ToHashSet();
        Problems.AddTo(document, await context.GetOrCreateSchemaAsync(typeof(AdminProblem), null, cancellationToken));
        Credentials.AddTo(document);
    }
}
