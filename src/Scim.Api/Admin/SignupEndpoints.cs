using MediatR;
using Scim.Api.OpenApi;
using Scim.Application.Signup;

namespace Scim.Api.Admin;

internal static class SignupEndpoints
{
    public static void Map(IEndpointRouteBuilder admin)
    {
        admin
            .MapPost("/signup", OpenAsync)
            .Describe("openSignup", "Asks for a trial tenant; a token is sent to the address")
            .Takes<OpenSignup>()
            .Gives<SignupOpened>(202);
        admin
            .MapPost("/signup/confirm", ConfirmAsync)
            .Describe("confirmSignup", "Makes the trial tenant and its first operator")
            .Takes<ConfirmSignup>()
            .Gives<SignupConfirmed>(201);
    }

    private static async Task<IResult> OpenAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        await mediator.Send(await AdminBody.ReadAsync<OpenSignup>(context), cancellationToken);
        return Results.Json(
            new SignupOpened("If the address is yours, a message with a token is on its way to it."),
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
            new SignupConfirmed(
                new SignedUpTenant(tenant.Id.Value, tenant.Slug, tenant.Name, tenant.Plan.Name, tenant.TrialEndsAt),
                new SignedUpWorkspace(made.Workspace.Id, made.Workspace.Slug),
                new OperatorBrief(made.Operator)
            )
        );
    }

    private sealed record SignupOpened(string Detail);

    private sealed record SignupConfirmed(SignedUpTenant Tenant, SignedUpWorkspace Workspace, OperatorBrief Operator);

    private sealed record SignedUpTenant(Guid Id, string Slug, string Name, string Plan, DateTimeOffset? TrialEndsAt);

    private sealed record SignedUpWorkspace(Guid Id, string Slug);
}
