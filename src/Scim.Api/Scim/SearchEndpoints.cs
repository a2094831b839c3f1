using MediatR;
using Scim.Application.Common;
using Scim.Application.Search;

namespace Scim.Api.Scim;

/// <summary>Lists and searches (RFC 7644 §3.4.2, §3.4.3), of one type or, on the base URI, of all.</summary>
internal static class SearchEndpoints
{
    private static readonly string[] Users = ["User"];
    private static readonly string[] Groups = ["Group"];
    private static readonly string[] All = ["User", "Group"];

    public static void Map(IEndpointRouteBuilder scim)
    {
        Map(scim, "/Users", Users);
        Map(scim, "/Groups", Groups);
        Map(scim, "", All);
    }

    private static void Map(IEndpointRouteBuilder scim, string path, string[] types)
    {
        scim.MapRead(
            path,
            (HttpContext context, IMediator mediator, ScimResults results) =>
                SearchAsync(context, types, SearchParameters.FromQuery(context.Request.Query), mediator, results)
        );
        scim.MapPost(
            path + "/.search",
            async (
                HttpContext context,
                IMediator mediator,
                ScimResults results,
                RequestContext request,
                DataPlaneLimits limits
            ) =>
                await SearchAsync(
                    context,
                    types,
                    SearchParameters.FromMessage(await ScimBody.ReadAsync(context, limits), request.Deviations),
                    mediator,
                    results
                )
        );
    }

    private static async Task SearchAsync(
        HttpContext context,
        string[] types,
        SearchRequest search,
        IMediator mediator,
        ScimResults results
    ) =>
        await mediator.Send(
            new SearchResources(types, search, page => results.ListAsync(context, page)),
            context.RequestAborted
        );
}
