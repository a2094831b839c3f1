using MediatR;
using Scim.Application.ApiKeys;

namespace Scim.Api.Admin;

internal static class ApiKeysEndpoints
{
    public static void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/api_keys", ListAsync);
        admin.MapPost("/api_keys", CreateAsync);
        admin.MapDelete("/api_keys/{id}", RevokeAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var page = AdminPage.Of(request);
        var found = await mediator.Send(new ListApiKeys(page.After, page.Wanted), cancellationToken);
        return page.Show(request, found, key => key.Id, key => key);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var issued = await mediator.Send(await AdminBody.ReadAsync<CreateApiKey>(context), cancellationToken);
        var key = issued.Key;
        return AdminResults.Created(
            context.Response,
            $"{AdminRoutes.Base}/api_keys/{key.Id:D}",
            new
            {
                key.Id,
                key.Name,
                key.Scopes,
                key.CreatedAt,
                key.ExpiresAt,
                value = new ShownOnce(issued.Value),
            }
        );
    }

    private static async Task<IResult> RevokeAsync(string id, IMediator mediator, CancellationToken cancellationToken)
    {
        await mediator.Send(new RevokeApiKey(AdminResults.Id("API key", id)), cancellationToken);
        return Results.NoContent();
    }
}
