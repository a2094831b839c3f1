using System.Text;
using System.Text.Json;
using MediatR;
using Scim.Api.OpenApi;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Domain.Errors;

namespace Scim.Api.Admin;

/// <summary>The schemas that a tenant has of its own.</summary>
internal static class SchemasEndpoints
{
    private const string TenantParameter = "tenantId";

    public static void Map(IEndpointRouteBuilder admin)
    {
        const string OfTenant = "Whose schemas are meant.";
        admin
            .MapGet("/schemas", ListAsync)
            .Describe("listSchemas", "A tenant's own schemas")
            .QueryTenant(OfTenant, required: true)
            .Lists<SchemaAnswer>();
        admin
            .MapPost("/schemas", CreateAsync)
            .Describe("createSchema", "Gives a tenant a schema")
            .QueryTenant(OfTenant, required: true)
            .Takes<SchemaValues>()
            .Gives<SchemaAnswer>(201)
            .Versioned();
        admin
            .MapGet("/schemas/{urn}", GetAsync)
            .Describe("getSchema", "One schema")
            .QueryTenant(OfTenant, required: true)
            .Gives<SchemaAnswer>()
            .Versioned();
        admin
            .MapPut("/schemas/{urn}", UpdateAsync)
            .Describe("updateSchema", "Replaces a schema, as far as no stored value is in the way")
            .QueryTenant(OfTenant, required: true)
            .Takes<SchemaValues>()
            .Gives<SchemaAnswer>()
            .Versioned();
        admin
            .MapDelete("/schemas/{urn}", RetireAsync)
            .Describe("retireSchema", "Takes a schema away that no resource has values of")
            .QueryTenant(OfTenant, required: true)
            .GivesNothing()
            .Versioned();
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var page = AdminPage.Of(request, TenantParameter);
        var skip = AdminPage.PlaceOf(page.After);
        var found = await mediator.Send(new ListTenantSchemas(TenantOf(request), skip, page.Wanted), cancellationToken);
        return page.Show(request, found, _ => AdminPage.CursorOf(skip + page.Limit), Shape);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var tenant = TenantOf(context.Request);
        AdminQuery.Check(context.Request, TenantParameter);
        var values = await AdminBody.ReadAsync<SchemaValues>(context);
        var schema = await mediator.Send(Command(tenant, values), cancellationToken);
        context.Response.Headers.Location =
            $"{AdminRoutes.Base}/schemas/{Uri.EscapeDataString(schema.Urn)}?{TenantParameter}={tenant:D}";
        return AdminResults.Versioned(context.Response, schema.Version, Shape(schema), StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(
        string urn,
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        AdminQuery.Check(context.Request, TenantParameter);
        var schema = await mediator.Send(new GetTenantSchema(TenantOf(context.Request), urn), cancellationToken);
        return AdminResults.Versioned(context.Response, schema.Version, Shape(schema));
    }

    private static async Task<IResult> UpdateAsync(
        string urn,
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var tenant = TenantOf(context.Request);
        AdminQuery.Check(context.Request, TenantParameter);
        var values = await AdminBody.ReadAsync<SchemaValues>(context);
        var ifMatch = IfMatch.Parse(context.Request.Headers.IfMatch);
        var command = Command(tenant, values) with { Urn = urn, IfMatch = ifMatch };
        var schema = await mediator.Send(command, cancellationToken);
        return AdminResults.Versioned(context.Response, schema.Version, Shape(schema));
    }

    private static async Task<IResult> RetireAsync(
        string urn,
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        AdminQuery.Check(context.Request, TenantParameter);
        var ifMatch = IfMatch.Parse(context.Request.Headers.IfMatch);
        await mediator.Send(new RetireTenantSchema(TenantOf(context.Request), urn, ifMatch), cancellationToken);
        return Results.NoContent();
    }

    private static PutTenantSchema Command(Guid tenant, SchemaValues values) =>
        new(
            tenant,
            values.ResourceType!,
            Encoding.UTF8.GetBytes(values.Schema!.Value.GetRawText()),
            values.Required ?? false
        );

    /// <exception cref="ScimException">422 when it is missing, 404 when it is no id.</exception>
    private static Guid TenantOf(HttpRequest request) =>
        request.Query.TryGetValue(TenantParameter, out var text)
            ? AdminResults.Id("Tenant", text!)
            : throw ScimError.Invalid(
                new Dictionary<string, string[]>
                {
                    [TenantParameter] = ["must name the tenant whose schemas are meant"],
                }
            );

    private static SchemaAnswer Shape(TenantSchema schema) =>
        new(schema.Urn, schema.ResourceType, schema.Required, schema.Version, schema.CreatedAt, schema.Document);

    /// <param name="Schema">A Schema resource (RFC 7643 §7).</param>
    private sealed record SchemaAnswer(
        string Id,
        string ResourceType,
        bool Required,
        long Version,
        DateTimeOffset CreatedAt,
        JsonElement Schema
    );
}
