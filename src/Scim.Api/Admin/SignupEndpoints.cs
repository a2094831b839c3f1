using MediatR;
using Scim.Application.Signup;

namespace Scim.Api.Admin;

internal static class SignupEndpoints
{
    public static void Map(IEndpointRouteBuilder admin)
    {
        admin.MapPost("/signup", OpenAsync);
        admin.MapPost("/signup/confirm", ConfirmAsync);
    }

    private static async Task<IResult> OpenAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        await mediator.Send(await AdminBody.ReadAsync<OpenSignup>(context), cancellationToken);
        return Results.Json(
            new { detail = "If the address is yours, a message with a token is on its way to it." },
            statusCode: StatusCodes.Status202Accepted
        );
    }

    private static async Task<IResult> ConfirmAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var made = await mediator.Send(await AdminBody.ReadAsync<ConfirmSignup>(context), cancellationToken);
        var tenant = made.Tenant;
        return AdminResults.Created(
            context.Response,
            $"{AdminRoutes.Base}/tenants/{tenant.Id}",
            new
            {
                tenant = new
                {
                    id = tenant.Id.Value,
                    tenant.Slug,
                    tenant.Name,
                    plan = tenant.Plan.Name,
                    tenant.TrialEndsAt,
                },
                workspace = new { made.Workspace.Id, made.Workspace.Slug },
                @operator = OperatorsEndpoints.Brief(made.Operator),
            }
        );
    }
}
