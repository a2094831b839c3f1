using System.Globalization;
using MediatR;
using Scim.Application.Keys;

namespace Scim.Api.Admin;

/// <summary>The keys that sign access tokens.</summary>
internal static class SigningKeysEndpoints
{
    public static void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/signing_keys", ListAsync);
        admin.MapPost("/signing_keys/rotate", RotateAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request,
        IMediator mediator,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var page = AdminPage.Of(request);
        var found = await mediator.Send(
            new ListSigningKeys(AdminPage.PlaceOf(page.After), page.Wanted),
            cancellationToken
        );
        var now = clock.GetUtcNow();
        return page.Show(request, found, key => AdminPage.CursorOf(key.Number), key => Shape(key, now));
    }

    private static async Task<IResult> RotateAsync(
        HttpContext context,
        IMediator mediator,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var command = await AdminBody.ReadOptionalAsync<RotateSigningKey>(context);
        return Results.Json(
            Shape(await mediator.Send(command, cancellationToken), clock.GetUtcNow()),
            statusCode: StatusCodes.Status201Created
        );
    }

    private static object Shape(SigningKeyInfo key, DateTimeOffset now) =>
        new
        {
            id = key.Number.ToString(CultureInfo.InvariantCulture),
            alg = "ES256",
            state = key.StateAt(now),
            key.CreatedAt,
            key.RetiredAt,
            key.RevokedAt,
        };
}
