using System.Globalization;
using MediatR;
using Microsoft.OpenApi;
using Scim.Api.OpenApi;
using Scim.Application.Audit;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Api.Admin;

internal static class AuditEndpoints
{
    public static void Map(IEndpointRouteBuilder admin)
    {
        admin
            .MapPost("/tenants/{tenantId}/users/{id}/erase", EraseAsync)
            .Describe("eraseUser", "Erases what the changes of a deleted user were from the journal")
            .WithDescription("Wants a fresh code before it.")
            .Gives<ErasedAnswer>();
        admin
            .MapGet("/tenants/{tenantId}/users/{id}/timeline", TimelineAsync)
            .Describe("showTimeline", "One person's history, with groups joined and left, newest first")
            .ListsAs<TimelineAnswer>();
        Filtered(admin.MapGet("/audit", ListAsync))
            .Describe("listAudit", "The journal, newest first")
            .Lists<AuditRow>();
        Filtered(admin.MapGet("/audit/export", ExportAsync))
            .Describe("exportAudit", "All rows of the journal that the filter names, as a file")
            .Query("format", "`ndjson`, one JSON object a line, or `csv`; `ndjson` if not given.")
            .Produces<string>(StatusCodes.Status200OK, "application/x-ndjson", "text/csv");
        admin
            .MapGet("/audit/verify", VerifyAsync)
            .Describe("verifyAudit", "Whether a tenant's journal is as it was sealed")
            .QueryTenant("Whose journal; zeros only for that of the installation.", required: true)
            .Gives<ChainAnswer>();
        admin.MapGet("/audit/{id}", GetAsync).Describe("getAudit", "One row of the journal").Gives<AuditRow>();
    }

    private static RouteHandlerBuilder Filtered(RouteHandlerBuilder route) =>
        route
            .QueryTenant("Whose journal; zeros only for that of the installation, all if not given.")
            .Query("operation", "Such as `user.create`.")
            .Query("actor", "`client:{id}`, `operator:{id}`, `api-key:{id}`, `job:{name}`, or the id alone.")
            .Query("resourceType", "Such as `User`.")
            .Query("resourceId", "What was acted on.")
            .Query("outcome", "`success`, `refused` or `error`.")
            .Query("requestId", "Of the request that did it.")
            .Query("from", "The first moment.", JsonSchemaType.String, "date-time")
            .Query("to", "The first moment that is too late.", JsonSchemaType.String, "date-time");

    private static async Task<IResult> ListAsync(
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var asked = AuditParameters.Of(request, "limit", "cursor");
        var page = await mediator.Send(new ListAudit(asked.Filter, asked.Before, asked.Limit), cancellationToken);
        return Show(request, page);
    }

    private static Task ExportAsync(HttpContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var asked = AuditParameters.Of(context.Request, "format");
        return AuditExport.SendAsync(context, mediator, asked.Filter, asked.Format == "csv", cancellationToken);
    }

    private static async Task<IResult> VerifyAsync(
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var tenant = AuditParameters.TenantOf(request);
        return AdminResults.Ok(
            ChainReports.Shape(await mediator.Send(new VerifyAudit(tenant.ToString()), cancellationToken))
        );
    }

    private static async Task<IResult> GetAsync(string id, IMediator mediator, CancellationToken cancellationToken)
    {
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        var query =
            dash == 32
            && Guid.TryParseExact(id.AsSpan(0, dash), "N", out var tenant)
            && long.TryParse(id.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
                ? new GetAudit(new TenantId(tenant), sequence)
                : throw ScimError.NotFound("Audit row", id);
        return AdminResults.Ok(AuditJson.Shape(await mediator.Send(query, cancellationToken)));
    }

    private static async Task<IResult> TimelineAsync(
        string tenantId,
        string id,
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var asked = AuditParameters.PageOf(request);
        var query = new ShowTimeline(
            new TenantId(AdminResults.Id("Tenant", tenantId)),
            AdminResults.Id("User", id),
            asked.Before,
            asked.Limit
        );
        var page = await mediator.Send(query, cancellationToken);
        return AdminResults.Ok(
            new TimelineAnswer(
                [.. page.Items.Select(AuditJson.Shape)],
                AuditParameters.Next(request, page.Next),
                page.IsComplete
            )
        );
    }

    private static async Task<IResult> EraseAsync(
        string tenantId,
        string id,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var command = new EraseUser(new TenantId(AdminResults.Id("Tenant", tenantId)), AdminResults.Id("User", id));
        return AdminResults.Ok(new ErasedAnswer(await mediator.Send(command, cancellationToken)));
    }

    private static IResult Show(HttpRequest request, AuditPage page) =>
        AdminResults.Ok(
            new Page<AuditRow>([.. page.Items.Select(AuditJson.Shape)], AuditParameters.Next(request, page.Next))
        );

    private sealed record ErasedAnswer(long ErasedChanges);
}

/// <param name="Complete">False while groups joined or left may be missing, since they wait for a worker to note them.</param>
internal sealed record TimelineAnswer(IReadOnlyList<AuditRow> Items, string? Next, bool Complete);
