using MediatR;
using Scim.Api.OpenApi;
using Scim.Application.ApiKeys;

namespace Scim.Api.Admin;

internal static class ApiKeysEndpoints
{
    public static void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/api_keys", ListAsync).Describe("listApiKeys", "API keys that are not revoked").Lists<ApiKey>();
        admin
            .MapPost("/api_keys", CreateAsync)
            .Describe("createApiKey", "Makes an API key; its value is shown this once")
            .WithDescription("Wants a fresh code before it.")
            .Takes<CreateApiKey>()
            .Gives<NewApiKey>(201);
        admin.MapDelete("/api_keys/{id}", RevokeAsync).Describe("revokeApiKey", "Revokes a key at once").GivesNothing();
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
            new NewApiKey(key.Id, key.Name, key.Scopes, key.CreatedAt, key.ExpiresAt, new ShownOnce(issued.Value))
        );
    }

    private static async Task<IResult> RevokeAsync(string id, IMediator mediator, CancellationToken cancellationToken)
    {
        await mediator.Send(new RevokeApiKey(AdminResults.Id("API key", id)), cancellationToken);
        return Results.NoContent();
    }

    private sealed record NewApiKey(
        Guid Id,
        string Name,
        IReadOnlyList<string> Scopes,
        DateTimeOffset CreatedAt,
        DateTimeOffset ExpiresAt,
        ShownOnce Value
    )
    {
        public override string ToString() => $"{nameof(NewApiKey)} {Id:D}";
    }
}
