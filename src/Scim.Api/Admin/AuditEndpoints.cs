using System.Globalization;
using MediatR;
using Scim.Application.Audit;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Api.Admin;

internal static class AuditEndpoints
{
    public static void Map(IEndpointRouteBuilder admin)
    {
        admin.MapPost("/tenants/{tenantId}/users/{id}/erase", EraseAsync);
        admin.MapGet("/tenants/{tenantId}/users/{id}/timeline", TimelineAsync);
        admin.MapGet("/audit", ListAsync);
        admin.MapGet("/audit/export", ExportAsync);
        admin.MapGet("/audit/verify", VerifyAsync);
        admin.MapGet("/audit/{id}", GetAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var asked = AuditParameters.Of(request, "limit", "cursor");
        var page = await mediator.Send(new ListAudit(asked.Filter, asked.Before, asked.Limit), cancellationToken);
        return AdminResults.Ok(
            new { items = page.Items.Select(AuditJson.Shape), next = AuditParameters.Next(request, page.Next) }
        );
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
            new
            {
                items = page.Items.Select(AuditJson.Shape),
                next = AuditParameters.Next(request, page.Next),
                complete = page.IsComplete,
            }
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
        return AdminResults.Ok(new { erasedChanges = await mediator.Send(command, cancellationToken) });
    }
}
