using MediatR;
using Scim.Api.OpenApi;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Api.Admin;

internal static class TenantsEndpoints
{
    public static void Map(IEndpointRouteBuilder admin)
    {
        admin
            .MapGet("/tenants", ListAsync)
            .Describe("listTenants", "Tenants that the caller may see and that are not purged")
            .Lists<TenantAnswer>();
        admin
            .MapPost("/tenants", CreateAsync)
            .Describe("createTenant", "Makes a tenant")
            .Takes<CreateTenant>()
            .Gives<TenantAnswer>(201)
            .Versioned();
        admin.MapGet("/tenants/{id}", GetAsync).Describe("getTenant", "One tenant").Gives<TenantAnswer>().Versioned();
        admin
            .MapPut("/tenants/{id}", UpdateAsync)
            .Describe("updateTenant", "Changes what is named of a tenant and leaves the rest")
            .Takes<ChangedTenant>()
            .Gives<TenantAnswer>()
            .Versioned();
        admin
            .MapDelete("/tenants/{id}", DeleteAsync)
            .Describe("deleteTenant", "Deletes a tenant, which can be restored until `purgeAfter`")
            .WithDescription("Wants a fresh code before it.")
            .Query("purge", "`now` ends the time of grace of a tenant that is deleted.")
            .Gives<TenantAnswer>()
            .Versioned();
        admin
            .MapPost("/tenants/{id}/restore", RestoreAsync)
            .Describe("restoreTenant", "Gives a deleted tenant back as it was")
            .Gives<TenantAnswer>()
            .Versioned();
        admin
            .MapGet("/plans", ListPlansAsync)
            .Describe("listPlans", "The plans that tenants may be on")
            .Gives<Page<TenantPlan>>();
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
        return AdminResults.Ok(new Page<TenantPlan>(plans, null));
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

    private static TenantAnswer Shape(Tenant tenant) =>
        new(
            tenant.Id.Value,
            tenant.WorkspaceId,
            tenant.Slug,
            tenant.Name,
            tenant.State.ToString().ToLowerInvariant(),
            tenant.Plan.Name,
            tenant.TrialEndsAt,
            tenant.Limits,
            new TenantUsageAnswer(
                Usage(tenant.Usage.Users, tenant.Limits.Users),
                Usage(tenant.Usage.Clients, tenant.Limits.Clients)
            ),
            tenant.TimeZone,
            tenant.Contacts,
            tenant.CreatedAt,
            tenant.DeletedAt,
            tenant.PurgeAfter,
            tenant.PurgedAt,
            tenant.Version
        );

    // From four fifths on there is a warning.
    private static UsageAnswer Usage(long count, long? limit) =>
        new(count, limit, Warning: limit is { } most && count * 5 >= most * 4);

    private sealed record TenantAnswer(
        Guid Id,
        Guid WorkspaceId,
        string Slug,
        string Name,
        string State,
        string Plan,
        DateTimeOffset? TrialEndsAt,
        TenantLimits Limits,
        TenantUsageAnswer Usage,
        string TimeZone,
        IReadOnlyList<string> Contacts,
        DateTimeOffset CreatedAt,
        DateTimeOffset? DeletedAt,
        DateTimeOffset? PurgeAfter,
        DateTimeOffset? PurgedAt,
        long Version
    );

    private sealed record TenantUsageAnswer(UsageAnswer Users, UsageAnswer Clients);

    private sealed record UsageAnswer(long Count, long? Limit, bool Warning);
}
