using System.Buffers;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Groups;
using Scim.Application.Schemas;
using Scim.Domain.Resources;

namespace Scim.Api.Scim;

/// <summary>/Groups: bind, send, shape. Members are streamed as they are read.</summary>
internal static class GroupsEndpoints
{
    private const string Type = "Group";

    public static void Map(IEndpointRouteBuilder scim)
    {
        scim.MapPost("/Groups", PostAsync);
        scim.MapRead("/Groups/{id}", GetAsync);
        scim.MapPut("/Groups/{id}", PutAsync);
        scim.MapPatch("/Groups/{id}", PatchAsync);
        scim.MapDelete("/Groups/{id}", DeleteAsync);
    }

    private static async Task PostAsync(
        HttpContext context,
        IMediator mediator,
        ISchemaCatalog schemas,
        ScimResults results,
        DataPlaneLimits limits
    )
    {
        var body = await ScimBody.ReadAsync(context, limits);
        var projection = await ProjectionAsync(context, schemas, body);
        var id = await mediator.Send(new CreateGroup(body), context.RequestAborted);
        await AnswerAsync(context, StatusCodes.Status201Created, id, projection, mediator, schemas, results);
    }

    private static async Task GetAsync(
        string id,
        HttpContext context,
        IMediator mediator,
        ISchemaCatalog schemas,
        ScimResults results
    )
    {
        var projection = await ProjectionAsync(context, schemas);
        await AnswerAsync(
            context,
            StatusCodes.Status200OK,
            ResourceId.Parse(Type, id),
            projection,
            mediator,
            schemas,
            results
        );
    }

    private static async Task PutAsync(
        string id,
        HttpContext context,
        IMediator mediator,
        ISchemaCatalog schemas,
        ScimResults results,
        DataPlaneLimits limits
    )
    {
        var body = await ScimBody.ReadAsync(context, limits);
        var projection = await ProjectionAsync(context, schemas, body);
        var group = ResourceId.Parse(Type, id);
        await mediator.Send(
            new ReplaceGroup(group, body, IfMatch.Parse(context.Request.Headers.IfMatch)),
            context.RequestAborted
        );
        await AnswerAsync(context, StatusCodes.Status200OK, group, projection, mediator, schemas, results);
    }

    // 204, as an answer would be as large as the group, unless the client asks for attributes (RFC 7644 §3.5.2).
    private static async Task PatchAsync(
        string id,
        HttpContext context,
        IMediator mediator,
        ISchemaCatalog schemas,
        ScimResults results,
        DataPlaneLimits limits
    )
    {
        var body = await ScimBody.ReadAsync(context, limits);
        var projection = await ProjectionAsync(context, schemas, body);
        var group = ResourceId.Parse(Type, id);
        await mediator.Send(
            new PatchGroup(group, body, IfMatch.Parse(context.Request.Headers.IfMatch)),
            context.RequestAborted
        );
        if (string.IsNullOrWhiteSpace(context.Request.Query["attributes"]))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        await AnswerAsync(context, StatusCodes.Status200OK, group, projection, mediator, schemas, results);
    }

    private static async Task DeleteAsync(string id, HttpContext context, IMediator mediator)
    {
        await mediator.Send(
            new DeleteGroup(ResourceId.Parse(Type, id), IfMatch.Parse(context.Request.Headers.IfMatch)),
            context.RequestAborted
        );
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task AnswerAsync(
        HttpContext context,
        int status,
        ResourceId id,
        Projection projection,
        IMediator mediator,
        ISchemaCatalog schemas,
        ScimResults results
    )
    {
        var schema = (await schemas.GetAsync(context.RequestAborted)).Group;
        var isRead = context.Request.IsRead();
        if (HttpMethods.IsHead(context.Request.Method) || MemberProjection.Of(schema, projection) is not { } shown)
        {
            var group = await mediator.Send(new GetGroup(id), context.RequestAborted);
            if (!isRead || !ScimResults.NotModified(context, group.Tag))
            {
                await results.ResourceAsync(context, status, schema, group, projection);
            }

            return;
        }

        var baseUrl = results.BaseUrl(context.Request);
        using var output = new AnswerBuffer(context.Response);
        var list = new MemberList(output, shown, baseUrl, context.RequestAborted);
        var open = false;
        await mediator.Send(
            new StreamGroup(
                id,
                group =>
                {
                    if (isRead && ScimResults.NotModified(context, group.Tag))
                    {
                        return ValueTask.FromResult(false);
                    }

                    ScimResults.Begin(context, status).Headers.ETag = group.Tag;
                    if (status == StatusCodes.Status201Created)
                    {
                        context.Response.Headers.Location = results.Location(context.Request, schema, group.Id);
                    }

                    ResourceWriter.WriteOpen(output, schema, group, projection, baseUrl);
                    open = true;
                    return ValueTask.FromResult(true);
                },
                list.WriteAsync
            ),
            context.RequestAborted
        );
        if (open)
        {
            list.End();
            await output.EndAsync(context.RequestAborted);
        }
    }

    private static async ValueTask<Projection> ProjectionAsync(
        HttpContext context,
        ISchemaCatalog schemas,
        ReadOnlyMemory<byte> body = default
    ) => SearchParameters.Projection(context.Request, (await schemas.GetAsync(context.RequestAborted)).Group, body);
}
