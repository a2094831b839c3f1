using System.Globalization;
using MediatR;
using Scim.Api.OpenApi;
using Scim.Application.Keys;

namespace Scim.Api.Admin;

/// <summary>The keys that sign access tokens.</summary>
internal static class SigningKeysEndpoints
{
    public static void Map(IEndpointRouteBuilder admin)
    {
        admin
            .MapGet("/signing_keys", ListAsync)
            .Describe("listSigningKeysOfInstallation", "The keys that sign access tokens, oldest first")
            .Lists<SigningKeyAnswer>();
        admin
            .MapPost("/signing_keys/rotate", RotateAsync)
            .Describe("rotateSigningKey", "Makes a new key, which signs at once; the one before verifies on, or not")
            .WithDescription("Wants a fresh code before it.")
            .Takes<RotateSigningKey>(optional: true)
            .Gives<SigningKeyAnswer>(201);
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
        var key = await mediator.Send(command, cancellationToken);
        return AdminResults.Created(
            context.Response,
            $"{AdminRoutes.Base}/signing_keys",
            Shape(key, clock.GetUtcNow())
        );
    }

    private static SigningKeyAnswer Shape(SigningKeyInfo key, DateTimeOffset now) =>
        new(
            key.Number.ToString(CultureInfo.InvariantCulture),
            "ES256",
            key.StateAt(now),
            key.CreatedAt,
            key.RetiredAt,
            key.RevokedAt
        );

    private sealed record SigningKeyAnswer(
        string Id,
        string Alg,
        string State,
        DateTimeOffset CreatedAt,
        DateTimeOffset? RetiredAt,
        DateTimeOffset? RevokedAt
    );
}
