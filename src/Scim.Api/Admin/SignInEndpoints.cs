using MediatR;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Infrastructure.Security;

namespace Scim.Api.Admin;

internal static class SignInEndpoints
{
    public static void Map(IEndpointRouteBuilder admin)
    {
        admin.MapPost("/login", SignInAsync);
        admin.MapPost("/login/enroll", EnrollAsync);
        admin.MapPost("/logout", SignOutAsync);
        admin.MapGet("/session", Session);
        // The gate has extended the lease, as on every write.
        admin.MapPost("/session/heartbeat", Session);
        admin.MapPost("/session/step-up", StepUpAsync);
    }

    private static async Task<IResult> SignInAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var answer = await mediator.Send(await AdminBody.ReadAsync<SignIn>(context), cancellationToken);
        return answer.Session is { } session
            ? AdminResults.Ok(Shape(session))
            : AdminResults.Ok(new { enrollment = Shape(answer.Enrollment!) });
    }

    private static async Task<IResult> EnrollAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var session = await mediator.Send(await AdminBody.ReadAsync<EnrollTotp>(context), cancellationToken);
        return AdminResults.Ok(
            new
            {
                session.SessionToken,
                session.ExpiresAt,
                session.LeaseExpiresAt,
                @operator = OperatorsEndpoints.Brief(session.Operator),
                session.RecoveryCodes,
            }
        );
    }

    private static async Task<IResult> SignOutAsync(IMediator mediator, CancellationToken cancellationToken)
    {
        await mediator.Send(new SignOut(), cancellationToken);
        return Results.NoContent();
    }

    private static IResult Session(RequestContext request)
    {
        var caller = request.Admin!;
        var session = caller.Session!;
        return AdminResults.Ok(
            new
            {
                session.ExpiresAt,
                session.LeaseExpiresAt,
                session.SteppedUpUntil,
                @operator = new
                {
                    caller.Id,
                    userName = caller.Name,
                    caller.Roles,
                    caller.TenantIds,
                    caller.WorkspaceIds,
                },
            }
        );
    }

    private static async Task<IResult> StepUpAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var until = await mediator.Send(await AdminBody.ReadAsync<StepUp>(context), cancellationToken);
        return AdminResults.Ok(new { steppedUpUntil = until });
    }

    private static object Shape(StartedSession session) =>
        new
        {
            session.SessionToken,
            session.ExpiresAt,
            session.LeaseExpiresAt,
            @operator = OperatorsEndpoints.Brief(session.Operator),
        };

    private static object Shape(EnrollmentOffer offer) =>
        new
        {
            offer.Token,
            offer.Secret,
            offer.OtpauthUri,
            qrSvg = QrCode.Svg(offer.OtpauthUri),
            offer.ExpiresAt,
        };
}
