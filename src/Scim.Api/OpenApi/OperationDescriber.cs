using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scim.Api.Admin;

namespace Scim.Api.OpenApi;

/// <summary>Completes what the framework reads off a route by what stands beside it and by <see cref="AdminPolicy"/>.</summary>
internal sealed class OperationDescriber : IOpenApiOperationTransformer
{
    public async Task TransformAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        var document = context.Document!;
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var (method, path) = (context.Description.HttpMethod!, "/" + context.Description.RelativePath);
        operation.Tags = new HashSet<OpenApiTagReference> { new(Tag(path), document) };
        var parameters = operation.Parameters ??= [];
        foreach (var parameter in metadata.OfType<QueryParameter>())
        {
            parameters.Add(
                new OpenApiParameter
                {
                    Name = parameter.Name,
                    In = ParameterLocation.Query,
                    Description = parameter.Description,
                    Required = parameter.IsRequired,
                    Schema = new OpenApiSchema { Type = parameter.Type, Format = parameter.Format },
                }
            );
        }

        var body = metadata.OfType<RequestBody>().SingleOrDefault();
        if (body is not null)
        {
            var schema = await ReferenceAsync(body.Type, context, cancellationToken);
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = !body.IsOptional,
                Content = new Dictionary<string, OpenApiMediaType> { [body.ContentType] = new() { Schema = schema } },
            };
        }

        if (metadata.OfType<OtherAnswer>().SingleOrDefault() is { } other)
        {
            var content = operation.Responses!["200"].Content!["application/json"];
            var second = await ReferenceAsync(other.Type, context, cancellationToken);
            content.Schema = new OpenApiSchema { AnyOf = [content.Schema!, second] };
        }

        if (path.StartsWith(AdminRoutes.Base, StringComparison.Ordinal))
        {
            var version = metadata.OfType<VersionTag>().SingleOrDefault();
            DescribeAdmin(operation, document, method, path, body is not null, version);
        }
        else
        {
            operation.Security = [];
        }
    }

    private static void DescribeAdmin(
        OpenApiOperation operation,
        OpenApiDocument document,
        string method,
        string path,
        bool hasBody,
        VersionTag? version
    )
    {
        var access =
            AdminPolicy.Find(method, path) ?? throw new InvalidOperationException($"{method} {path} has no policy.");
        var isRead = HttpMethods.IsGet(method);
        var isPost = HttpMethods.IsPost(method);
        var makes = isPost && Makes(path);
        var takesKey = isPost && access.TakesKey;
        // A POST with a body makes something new: there is no version yet.
        var precondition = isRead || (isPost && hasBody) ? null : version;
        var parameters = operation.Parameters!;
        if (precondition is not null)
        {
            parameters.Add(
                Header(
                    "If-Match",
                    "The version that was read, as `3`, `\"3\"` or `W/\"3\"`: another one there is 412.",
                    precondition.IsRequired
                )
            );
        }

        if (takesKey)
        {
            parameters.Add(
                Header(
                    Idempotency.Header,
                    "A text of the caller's own: within a day the same request with the same key has one effect."
                )
            );
        }

        // Whoever signs up may find that there is no sign-up.
        var mayMiss =
            path.Contains('{', StringComparison.Ordinal)
            || parameters.Any(parameter => parameter.Name == "tenantId")
            || (access.Credential == AdminCredential.None && makes);
        AddHeaders(operation, version is not null, takesKey);
        Credentials.Describe(operation, document, access, isRead);
        Problems.Describe(
            operation,
            document,
            [
                401,
                403,
                422,
                429,
                500,
                503,
                .. mayMiss ? (int[])[404] : [],
                .. hasBody || takesKey ? (int[])[400] : [],
                .. hasBody ? (int[])[413, 415] : [],
                .. makes || !(isRead || isPost) ? (int[])[409] : [],
                .. precondition is not null ? (int[])[412] : [],
                .. precondition?.IsRequired == true ? (int[])[428] : [],
            ]
        );
    }

    // Not what only lets somebody in, or keeps them in.
    private static bool Makes(string path) =>
        path[AdminRoutes.Base.Length..] is not ("/login" or "/login/enroll" or "/session/heartbeat");

    private static void AddHeaders(OpenApiOperation operation, bool hasVersion, bool takesKey)
    {
        foreach (var (status, response) in operation.Responses!)
        {
            var headers = new Dictionary<string, IOpenApiHeader>();
            if (status == "201")
            {
                headers["Location"] = Text("The path of what was made.");
            }

            if (hasVersion && status is "200" or "201")
            {
                headers["ETag"] = Text("The version, for `If-Match`.");
            }

            if (takesKey && status[0] == '2')
            {
                headers[Idempotency.ReplayedHeader] = Text(
                    "`true` where the first request with this key is answered again."
                );
            }

            ((OpenApiResponse)response).Headers = headers;
        }
    }

    private static OpenApiHeader Text(string description) =>
        new()
        {
            Description = description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        };

    private static OpenApiParameter Header(string name, string description, bool required = false) =>
        new()
        {
            Name = name,
            In = ParameterLocation.Header,
            Description = description,
            Required = required,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        };

    private static string Tag(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["admin", _, "login" or "logout" or "session", ..] => "session",
            ["admin", _, var first, ..] => first,
            ["oauth2" or ".well-known", ..] => "oauth2",
            _ => "operations",
        };

    private static async Task<OpenApiSchemaReference> ReferenceAsync(
        Type type,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        var document = context.Document!;
        document.AddComponent(type.Name, await context.GetOrCreateSchemaAsync(type, null, cancellationToken));
        return new OpenApiSchemaReference(type.Name, document);
    }
}
