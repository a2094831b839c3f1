using MediatR;
using Scim.Api.OpenApi;
using Scim.Application.Common;
using Scim.Application.Workspaces;
using Scim.Domain.Tenants;

namespace Scim.Api.Admin;

internal static class WorkspacesEndpoints
{
    private const string Type = "Workspace";

    public static void Map(IEndpointRouteBuilder admin)
    {
        admin
            .MapGet("/workspaces", ListAsync)
            .Describe("listWorkspaces", "Workspaces that the caller may see")
            .Lists<Workspace>();
        admin
            .MapPost("/workspaces", CreateAsync)
            .Describe("createWorkspace", "Makes a workspace, which owns tenants")
            .Takes<CreateWorkspace>()
            .Gives<Workspace>(201)
            .Versioned();
        admin
            .MapGet("/workspaces/{id}", GetAsync)
            .Describe("getWorkspace", "One workspace")
            .Gives<Workspace>()
            .Versioned();
        admin
            .MapPut("/workspaces/{id}", RenameAsync)
            .Describe("renameWorkspace", "Names a workspace anew")
            .Takes<WorkspaceName>()
            .Gives<Workspace>()
            .Versioned();
        admin
            .MapDelete("/workspaces/{id}", DeleteAsync)
            .Describe("deleteWorkspace", "Deletes a workspace that owns no tenant")
            .GivesNothing()
            .Versioned();
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var page = AdminPage.Of(request);
        var found = await mediator.Send(new ListWorkspaces(page.After, page.Wanted), cancellationToken);
        return page.Show(request, found, workspace => workspace.Id, workspace => workspace);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var workspace = await mediator.Send(await AdminBody.ReadAsync<CreateWorkspace>(context), cancellationToken);
        context.Response.Headers.Location = $"{AdminRoutes.Base}/workspaces/{workspace.Id:D}";
        return Show(context.Response, workspace, StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(
        string id,
        HttpResponse response,
        IMediator mediator,
        CancellationToken cancellationToken
    ) => Show(response, await mediator.Send(new GetWorkspace(AdminResults.Id(Type, id)), cancellationToken));

    private static async Task<IResult> RenameAsync(
        string id,
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var values = await AdminBody.ReadAsync<WorkspaceName>(context);
        var command = new RenameWorkspace(AdminResults.Id(Type, id), values, Match(context.Request));
        return Show(context.Response, await mediator.Send(command, cancellationToken));
    }

    private static async Task<IResult> DeleteAsync(
        string id,
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        await mediator.Send(new DeleteWorkspace(AdminResults.Id(Type, id), Match(request)), cancellationToken);
        return Results.NoContent();
    }

    private static IfMatch? Match(HttpRequest request) => IfMatch.Parse(request.Headers.IfMatch);

    private static IResult Show(HttpResponse response, Workspace workspace, int status = StatusCodes.Status200OK) =>
        AdminResults.Versioned(response, workspace.Version, workspace, status);
}
