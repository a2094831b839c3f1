using MediatR;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Api.Admin;

internal static class TenantsEndpoints
{
    public static void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/tenants", ListAsync);
        admin.MapPost("/tenants", CreateAsync);
        admin.MapGet("/tenants/{id}", GetAsync);
        admin.MapPut("/tenants/{id}", UpdateAsync);
        admin.MapDelete("/tenants/{id}", DeleteAsync);
        admin.MapPost("/tenants/{id}/restore", RestoreAsync);
        admin.MapGet("/plans", ListPlansAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var page = AdminPage.Of(request);
        var found = await mediator.Send(new ListReachableTenants(page.After, page.Wanted), cancellationToken);
        return page.Show(request, found, tenant => tenant.Id.Value, Shape);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var tenant = await mediator.Send(await AdminBody.ReadAsync<CreateTenant>(context), cancellationToken);
        context.Response.Headers.Location = $"{AdminRoutes.Base}/tenants/{tenant.Id}";
        return Show(context.Response, tenant, StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(
        string id,
        HttpResponse response,
        IMediator mediator,
        CancellationToken cancellationToken
    ) => Show(response, await mediator.Send(new GetTenant(Id(id)), cancellationToken));

    private static async Task<IResult> UpdateAsync(
        string id,
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var values = await AdminBody.ReadAsync<ChangedTenant>(context);
        var command = new UpdateTenant(Id(id), values, Match(context.Request));
        return Show(context.Response, await mediator.Send(command, cancellationToken));
    }

    private static async Task<IResult> DeleteAsync(
        string id,
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var command = new DeleteTenant(Id(id), PurgesNow(context.Request), Match(context.Request));
        return Show(context.Response, await mediator.Send(command, cancellationToken));
    }

    private static async Task<IResult> RestoreAsync(
        string id,
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var command = new RestoreTenant(Id(id), Match(context.Request));
        return Show(context.Response, await mediator.Send(command, cancellationToken));
    }

    private static async Task<IResult> ListPlansAsync(IMediator mediator, CancellationToken cancellationToken)
    {
        var plans = await mediator.Send(new ListPlans(), cancellationToken);
        return AdminResults.Ok(new { items = plans, next = (string?)null });
    }

    private static TenantId Id(string text) => new(AdminResults.Id("Tenant", text));

    private static IfMatch? Match(HttpRequest request) => IfMatch.Parse(request.Headers.IfMatch);

    private static bool PurgesNow(HttpRequest request) =>
        request.Query.Count != 0
        && (
            request.Query is { Count: 1 } query && query["purge"] == "now"
                ? true
                : throw ScimError.Invalid(
                    new Dictionary<string, string[]> { ["purge"] = ["is the only parameter, and now its only value"] }
                )
        );

    private static IResult Show(HttpResponse response, Tenant tenant, int status = StatusCodes.Status200OK) =>
        AdminResults.Versioned(response, tenant.Version, Shape(tenant), status);

    private static object Shape(Tenant tenant) =>
        new
        {
            id = tenant.Id.Value,
            tenant.WorkspaceId,
            tenant.Slug,
            tenant.Name,
            state = tenant.State.ToString().ToLowerInvariant(),
            plan = tenant.Plan.Name,
            tenant.TrialEndsAt,
            limits = tenant.Limits,
            usage = new
            {
                users = Usage(tenant.Usage.Users, tenant.Limits.Users),
                clients = Usage(tenant.Usage.Clients, tenant.Limits.Clients),
            },
            tenant.TimeZone,
            tenant.Contacts,
            tenant.CreatedAt,
            tenant.DeletedAt,
            tenant.PurgeAfter,
            tenant.PurgedAt,
            tenant.Version,
        };

    // From four fifths on there is a warning.
    private static object Usage(long count, long? limit) =>
        new
        {
            count,
            limit,
            warning = limit is { } most && count * 5 >= most * 4,
        };
}
