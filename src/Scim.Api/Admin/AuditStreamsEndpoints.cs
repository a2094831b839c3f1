using MediatR;
using Scim.Api.OpenApi;
using Scim.Application.Audit;
using Scim.Application.Common;

namespace Scim.Api.Admin;

internal static class AuditStreamsEndpoints
{
    private const string Stream = "Audit stream";

    public static void Map(IEndpointRouteBuilder admin)
    {
        admin
            .MapGet("/audit/streams", ListAsync)
            .Describe("listAuditStreams", "Where the journal is sent to, and how far")
            .Lists<StreamAnswer>();
        admin
            .MapPost("/audit/streams", CreateAsync)
            .Describe("createAuditStream", "Sends the journal's new rows to an HTTPS address")
            .Takes<AuditStreamValues>()
            .Gives<StreamAnswer>(201)
            .Versioned();
        admin
            .MapGet("/audit/streams/{id}", GetAsync)
            .Describe("getAuditStream", "One stream")
            .Gives<StreamAnswer>()
            .Versioned();
        admin
            .MapPut("/audit/streams/{id}", UpdateAsync)
            .Describe("updateAuditStream", "Replaces a stream's values; the authorization only when there is one")
            .Takes<AuditStreamValues>()
            .Gives<StreamAnswer>()
            .Versioned();
        admin
            .MapDelete("/audit/streams/{id}", DeleteAsync)
            .Describe("deleteAuditStream", "Ends a stream")
            .GivesNothing()
            .Versioned();
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var page = AdminPage.Of(request);
        var found = await mediator.Send(new ListAuditStreams(page.After, page.Wanted), cancellationToken);
        return page.Show(request, found, stream => stream.Id, Shape);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var values = await AdminBody.ReadAsync<AuditStreamValues>(context);
        var stream = await mediator.Send(new CreateAuditStream(values), cancellationToken);
        context.Response.Headers.Location = $"{AdminRoutes.Base}/audit/streams/{stream.Id:D}";
        return AdminResults.Versioned(context.Response, stream.Version, Shape(stream), StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(
        string id,
        HttpResponse response,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var stream = await mediator.Send(new GetAuditStream(AdminResults.Id(Stream, id)), cancellationToken);
        return AdminResults.Versioned(response, stream.Version, Shape(stream));
    }

    private static async Task<IResult> UpdateAsync(
        string id,
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var streamId = AdminResults.Id(Stream, id);
        var values = await AdminBody.ReadAsync<AuditStreamValues>(context);
        var ifMatch = IfMatch.Parse(context.Request.Headers.IfMatch);
        var stream = await mediator.Send(new UpdateAuditStream(streamId, values, ifMatch), cancellationToken);
        return AdminResults.Versioned(context.Response, stream.Version, Shape(stream));
    }

    private static async Task<IResult> DeleteAsync(
        string id,
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var ifMatch = IfMatch.Parse(request.Headers.IfMatch);
        await mediator.Send(new DeleteAuditStream(AdminResults.Id(Stream, id), ifMatch), cancellationToken);
        return Results.NoContent();
    }

    private static StreamAnswer Shape(AuditStream stream) =>
        new(
            stream.Id,
            stream.Name,
            stream.ShownUrl,
            stream.Tenant?.Value,
            stream.IsActive ? AuditStreamValues.Active : AuditStreamValues.Paused,
            stream.Authorization is not null,
            stream.LastSentAt,
            stream.Failure,
            stream.CreatedAt,
            stream.Version
        );

    private sealed record StreamAnswer(
        Guid Id,
        string Name,
        string Url,
        Guid? TenantId,
        string State,
        bool HasAuthorization,
        DateTimeOffset? LastSentAt,
        string? Failure,
        DateTimeOffset CreatedAt,
        long Version
    );
}
