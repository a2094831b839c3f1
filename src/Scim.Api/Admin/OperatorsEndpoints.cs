using MediatR;
using Scim.Api.OpenApi;
using Scim.Application.Common;
using Scim.Application.Operators;

namespace Scim.Api.Admin;

internal static class OperatorsEndpoints
{
    private const string Operator = "Operator";

    public static void Map(IEndpointRouteBuilder admin)
    {
        admin
            .MapGet("/operators", ListAsync)
            .Describe("listOperators", "Operators whom the caller may see")
            .Lists<OperatorAnswer>();
        admin
            .MapPost("/operators", CreateAsync)
            .Describe("createOperator", "Makes an operator, who enrols an authenticator at the first sign-in")
            .WithDescription("Wants a fresh code before it.")
            .Takes<NewOperator>()
            .Gives<OperatorAnswer>(201)
            .Versioned();
        admin
            .MapGet("/operators/{id}", GetAsync)
            .Describe("getOperator", "One operator")
            .Gives<OperatorAnswer>()
            .Versioned();
        admin
            .MapPut("/operators/{id}", UpdateAsync)
            .Describe("updateOperator", "Replaces what is said of an operator; the password only when there is one")
            .WithDescription("Wants a fresh code before it when roles, tenants or password change.")
            .Takes<OperatorValues>()
            .Gives<OperatorAnswer>()
            .Versioned();
        admin
            .MapDelete("/operators/{id}", DeleteAsync)
            .Describe("deleteOperator", "Deletes an operator and ends the sessions")
            .GivesNothing();
        admin
            .MapDelete("/operators/{id}/totp", ResetTotpAsync)
            .Describe(
                "resetTotp",
                "Forgets a lost authenticator and ends the sessions; the next sign-in enrols another"
            )
            .WithDescription("Wants a fresh code before it.")
            .GivesNothing()
            .Versioned();
        admin
            .MapGet("/operators/{id}/sessions", ListSessionsAsync)
            .Describe("listSessions", "An operator's live sessions")
            .Lists<ListedSession>();
        admin
            .MapDelete("/operators/{id}/sessions/{sessionId}", EndSessionAsync)
            .Describe("endSession", "Ends a session at once")
            .GivesNothing();
        admin
            .MapPut("/operators/me/password", ChangePasswordAsync)
            .Describe("changePassword", "Changes one's own password and ends all of one's sessions")
            .Takes<ChangePassword>()
            .GivesNothing();
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var page = AdminPage.Of(request);
        var found = await mediator.Send(new ListOperators(page.After, page.Wanted), cancellationToken);
        return page.Show(request, found, account => account.Id, Shape);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var values = await AdminBody.ReadAsync<NewOperator>(context);
        var account = await mediator.Send(new CreateOperator(values), cancellationToken);
        context.Response.Headers.Location = $"{AdminRoutes.Base}/operators/{account.Id:D}";
        return AdminResults.Versioned(context.Response, account.Version, Shape(account), StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(
        string id,
        HttpResponse response,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var account = await mediator.Send(new GetOperator(AdminResults.Id(Operator, id)), cancellationToken);
        return AdminResults.Versioned(response, account.Version, Shape(account));
    }

    private static async Task<IResult> UpdateAsync(
        string id,
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var operatorId = AdminResults.Id(Operator, id);
        var values = await AdminBody.ReadAsync<OperatorValues>(context);
        var ifMatch = IfMatch.Parse(context.Request.Headers.IfMatch);
        var account = await mediator.Send(new UpdateOperator(operatorId, values, ifMatch), cancellationToken);
        return AdminResults.Versioned(context.Response, account.Version, Shape(account));
    }

    private static async Task<IResult> DeleteAsync(string id, IMediator mediator, CancellationToken cancellationToken)
    {
        await mediator.Send(new DeleteOperator(AdminResults.Id(Operator, id)), cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> ResetTotpAsync(
        string id,
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var command = new ResetTotp(AdminResults.Id(Operator, id), IfMatch.Parse(request.Headers.IfMatch));
        await mediator.Send(command, cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> ListSessionsAsync(
        string id,
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var page = AdminPage.Of(request);
        var operatorId = AdminResults.Id(Operator, id);
        var found = await mediator.Send(new ListSessions(operatorId, page.After, page.Wanted), cancellationToken);
        return page.Show(request, found, session => session.Id, session => session);
    }

    private static async Task<IResult> EndSessionAsync(
        string id,
        string sessionId,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var command = new EndSession(AdminResults.Id(Operator, id), AdminResults.Id("Session", sessionId));
        await mediator.Send(command, cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> ChangePasswordAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        await mediator.Send(await AdminBody.ReadAsync<ChangePassword>(context), cancellationToken);
        return Results.NoContent();
    }

    private static OperatorAnswer Shape(OperatorAccount account) =>
        new(
            account.Id,
            account.UserName,
            account.Roles,
            account.TenantIds,
            account.WorkspaceIds,
            account.IsActive ? OperatorValues.Active : OperatorValues.Disabled,
            account.IsEnrolled,
            account.CreatedAt,
            account.LastSignInAt,
            account.Version
        );

    private sealed record OperatorAnswer(
        Guid Id,
        string UserName,
        IReadOnlyList<string> Roles,
        IReadOnlyList<Guid>? TenantIds,
        IReadOnlyList<Guid> WorkspaceIds,
        string State,
        bool TotpEnrolled,
        DateTimeOffset CreatedAt,
        DateTimeOffset? LastSignInAt,
        long Version
    );
}

/// <summary>An operator as far as whoever signs in needs to know.</summary>
internal sealed record OperatorBrief(
    Guid Id,
    string UserName,
    IReadOnlyList<string> Roles,
    IReadOnlyList<Guid>? TenantIds,
    IReadOnlyList<Guid> WorkspaceIds
)
{
    public OperatorBrief(OperatorAccount account)
        : this(account.Id, account.UserName, account.Roles, account.TenantIds, account.WorkspaceIds) { }
}
