using System.Text.Json.Serialization;
using MediatR;
using Scim.Api.OpenApi;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Infrastructure.Security;

namespace Scim.Api.Admin;

internal static class SignInEndpoints
{
    public static void Map(IEndpointRouteBuilder admin)
    {
        admin
            .MapPost("/login", SignInAsync)
            .Describe("signIn", "Signs in, or offers the enrolment of an authenticator to who has none")
            .WithDescription("With `\"cookie\": true` the session is set as a cookie too.")
            .Takes<SignIn>()
            .Gives<SessionAnswer>()
            .OrGives<EnrollmentAnswer>();
        admin
            .MapPost("/login/enroll", EnrollAsync)
            .Describe("enrollTotp", "Enrols the authenticator by its first code, and signs in")
            .WithDescription("The recovery codes are shown this once.")
            .Takes<EnrollTotp>()
            .Gives<SessionAnswer>();
        admin.MapPost("/logout", SignOutAsync).Describe("signOut", "Ends the session").GivesNothing();
        admin.MapGet("/session", Session).Describe("getSession", "The session, and whose it is").Gives<SessionState>();
        // The gate has extended the lease, as on every write.
        admin
            .MapPost("/session/heartbeat", Session)
            .Describe("extendSession", "Extends the session's lease")
            .Gives<SessionState>();
        admin
            .MapPost("/session/step-up", StepUpAsync)
            .Describe("stepUp", "Allows dangerous acts for five minutes, by a fresh code")
            .Takes<StepUp>()
            .Gives<SteppedUpAnswer>();
    }

    private static async Task<IResult> SignInAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var request = await AdminBody.ReadAsync<SignIn>(context);
        RequireOwnPage(context, request.Cookie);
        var answer = await mediator.Send(request, cancellationToken);
        return answer.Session is { } session
            ? Show(context, session, request.Cookie)
            : AdminResults.Ok(new EnrollmentAnswer(Shape(answer.Enrollment!)));
    }

    private static async Task<IResult> EnrollAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var request = await AdminBody.ReadAsync<EnrollTotp>(context);
        RequireOwnPage(context, request.Cookie);
        return Show(context, await mediator.Send(request, cancellationToken), request.Cookie);
    }

    private static async Task<IResult> SignOutAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        await mediator.Send(new SignOut(), cancellationToken);
        SessionCookie.ClearSent(context);
        return Results.NoContent();
    }

    private static IResult Session(HttpContext context, RequestContext request)
    {
        var caller = request.Admin!;
        var session = caller.Session!;
        return AdminResults.Ok(
            new SessionState(
                session.ExpiresAt,
                session.LeaseExpiresAt,
                session.SteppedUpUntil,
                new OperatorBrief(caller.Id, caller.Name, caller.Roles, caller.TenantIds, caller.WorkspaceIds),
                SessionCookie.Of(context.Request) is { } token ? SessionCookie.CsrfTokenOf(token) : null
            )
        );
    }

    private static async Task<IResult> StepUpAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var until = await mediator.Send(await AdminBody.ReadAsync<StepUp>(context), cancellationToken);
        return AdminResults.Ok(new SteppedUpAnswer(until));
    }

    // Another site must not sign a browser in as somebody of its choice.
    private static void RequireOwnPage(HttpContext context, bool? cookie)
    {
        if (cookie == true)
        {
            SessionCookie.RequireSameOrigin(context.Request);
        }
    }

    private static IResult Show(HttpContext context, StartedSession session, bool? cookie)
    {
        if (cookie == true)
        {
            SessionCookie.Set(context.Response, session.SessionToken);
        }

        return AdminResults.Ok(
            new SessionAnswer(
                session.SessionToken,
                session.ExpiresAt,
                session.LeaseExpiresAt,
                new OperatorBrief(session.Operator),
                session.RecoveryCodes,
                cookie == true ? SessionCookie.CsrfTokenOf(session.SessionToken) : null
            )
        );
    }

    private static Enrollment Shape(EnrollmentOffer offer) =>
        new(offer.Token, offer.Secret, offer.OtpauthUri, QrCode.Svg(offer.OtpauthUri), offer.ExpiresAt);

    private sealed record SessionAnswer(
        string SessionToken,
        DateTimeOffset ExpiresAt,
        DateTimeOffset LeaseExpiresAt,
        OperatorBrief Operator,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? RecoveryCodes,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CsrfToken
    )
    {
        public override string ToString() => nameof(SessionAnswer);
    }

    private sealed record EnrollmentAnswer(Enrollment Enrollment);

    private sealed record Enrollment(
        string Token,
        string Secret,
        string OtpauthUri,
        string QrSvg,
        DateTimeOffset ExpiresAt
    )
    {
        public override string ToString() => nameof(Enrollment);
    }

    /// <param name="CsrfToken">For who is here by the cookie; others need none.</param>
    private sealed record SessionState(
        DateTimeOffset ExpiresAt,
        DateTimeOffset LeaseExpiresAt,
        DateTimeOffset? SteppedUpUntil,
        OperatorBrief Operator,
        string? CsrfToken
    );

    private sealed record SteppedUpAnswer(DateTimeOffset SteppedUpUntil);
}
