using System.Globalization;
using Microsoft.OpenApi;
using Scim.Api.Admin;

namespace Scim.Api.OpenApi;

/// <summary>The problems of RFC 9457 that the control plane answers, by their status.</summary>
internal static class Problems
{
    private static readonly Dictionary<int, string> Meanings = new()
    {
        [400] = "The request cannot be read: it is no JSON object, or has a name twice.",
        [401] = "There is no credential, or it is not right, was ended or is past its time.",
        [403] = "The credential does not allow it, a fresh code is wanted first, or a limit is reached.",
        [404] = "There is no such thing, or it is not the caller's to see.",
        [409] = "It conflicts with what there is; the detail says with what.",
        [412] = "It was changed since it was read; `currentVersion` is the one there is.",
        [413] = "The body is larger than 1 MiB.",
        [415] = "The body is not JSON in UTF-8.",
        [422] = "Fields or parameters are wrong, all of them in `errors`.",
        [428] = "`If-Match` is missing.",
        [429] = "Too many requests: wait for `Retry-After` seconds.",
        [500] = "The service failed; report the request id.",
        [503] = "The service cannot answer now: wait for `Retry-After` seconds.",
    };

    public static void AddTo(OpenApiDocument document, OpenApiSchema schema)
    {
        document.AddComponent(nameof(AdminProblem), schema);
        foreach (var (status, meaning) in Meanings)
        {
            var response = new OpenApiResponse
            {
                Description = meaning,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/problem+json"] = new()
                    {
                        Schema = new OpenApiSchemaReference(nameof(AdminProblem), document),
                    },
                },
            };
            document.AddComponent<IOpenApiResponse>(IdOf(status), response);
        }
    }

    public static void Describe(OpenApiOperation operation, OpenApiDocument document, IEnumerable<int> statuses)
    {
        foreach (var status in statuses.Order())
        {
            operation.Responses![status.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponseReference(
                IdOf(status),
                document
            );
        }
    }

    private static string IdOf(int status) => string.Create(CultureInfo.InvariantCulture, $"Problem{status}");
}
