using MediatR;
using Scim.Application.Common;
using Scim.Application.Operators;

namespace Scim.Api.Admin;

internal static class OperatorsEndpoints
{
    private const string Operator = "Operator";

    public static void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/operators", ListAsync);
        admin.MapPost("/operators", CreateAsync);
        admin.MapGet("/operators/{id}", GetAsync);
        admin.MapPut("/operators/{id}", UpdateAsync);
        admin.MapDelete("/operators/{id}", DeleteAsync);
        admin.MapDelete("/operators/{id}/totp", ResetTotpAsync);
        admin.MapGet("/operators/{id}/sessions", ListSessionsAsync);
        admin.MapDelete("/operators/{id}/sessions/{sessionId}", EndSessionAsync);
        admin.MapPut("/operators/me/password", ChangePasswordAsync);
    }

    public static object Brief(OperatorAccount account) =>
        new
        {
            account.Id,
            account.UserName,
            account.Roles,
            account.TenantIds,
            account.WorkspaceIds,
        };

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

    private static object Shape(OperatorAccount account) =>
        new
        {
            account.Id,
            account.UserName,
            account.Roles,
            account.TenantIds,
            account.WorkspaceIds,
            state = account.IsActive ? OperatorValues.Active : OperatorValues.Disabled,
            totpEnrolled = account.IsEnrolled,
            account.CreatedAt,
            account.LastSignInAt,
            account.Version,
        };
}
