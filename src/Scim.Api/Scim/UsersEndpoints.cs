using MediatR;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Application.Users;
using Scim.Domain.Resources;

namespace Scim.Api.Scim;

/// <summary>/Users: bind, send, shape.</summary>
internal static class UsersEndpoints
{
    private const string Type = "User";

    public static void Map(IEndpointRouteBuilder scim)
    {
        scim.MapPost("/Users", PostAsync);
        scim.MapRead("/Users/{id}", GetAsync);
        scim.MapPut("/Users/{id}", PutAsync);
        scim.MapPatch("/Users/{id}", PatchAsync);
        scim.MapDelete("/Users/{id}", DeleteAsync);
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
        var user = await mediator.Send(new CreateUser(body), context.RequestAborted);
        await AnswerAsync(context, StatusCodes.Status201Created, user, projection, schemas, results);
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
        var user = await mediator.Send(new GetUser(ResourceId.Parse(Type, id)), context.RequestAborted);
        if (!ScimResults.NotModified(context, user.Tag))
        {
            await AnswerAsync(context, StatusCodes.Status200OK, user, projection, schemas, results);
        }
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
        var command = new ReplaceUser(ResourceId.Parse(Type, id), body, IfMatch.Parse(context.Request.Headers.IfMatch));
        await AnswerAsync(
            context,
            StatusCodes.Status200OK,
            await mediator.Send(command, context.RequestAborted),
            projection,
            schemas,
            results
        );
    }

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
        var command = new PatchUser(ResourceId.Parse(Type, id), body, IfMatch.Parse(context.Request.Headers.IfMatch));
        await AnswerAsync(
            context,
            StatusCodes.Status200OK,
            await mediator.Send(command, context.RequestAborted),
            projection,
            schemas,
            results
        );
    }

    private static async Task DeleteAsync(string id, HttpContext context, IMediator mediator)
    {
        await mediator.Send(
            new DeleteUser(ResourceId.Parse(Type, id), IfMatch.Parse(context.Request.Headers.IfMatch)),
            context.RequestAborted
        );
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    // Before the write, so that a bad parameter changes nothing.
    private static async ValueTask<Projection> ProjectionAsync(
        HttpContext context,
        ISchemaCatalog schemas,
        ReadOnlyMemory<byte> body = default
    ) => SearchParameters.Projection(context.Request, (await schemas.GetAsync(context.RequestAborted)).User, body);

    private static async Task AnswerAsync(
        HttpContext context,
        int status,
        StoredResource user,
        Projection projection,
        ISchemaCatalog schemas,
        ScimResults results
    ) =>
        await results.ResourceAsync(
            context,
            status,
            (await schemas.GetAsync(context.RequestAborted)).User,
            user,
            projection
        );
}
