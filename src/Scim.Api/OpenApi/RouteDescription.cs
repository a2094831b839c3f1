using Microsoft.OpenApi;
using Scim.Api.Admin;

namespace Scim.Api.OpenApi;

/// <summary>A parameter that the handler reads from the query by itself.</summary>
internal sealed record QueryParameter(
    string Name,
    string Description,
    JsonSchemaType Type,
    string? Format,
    bool IsRequired
);

/// <summary>The body that the handler reads by itself.</summary>
internal sealed record RequestBody(Type Type, bool IsOptional, string ContentType);

/// <summary>What else may be answered with 200.</summary>
internal sealed record OtherAnswer(Type Type);

/// <summary>The answers have an ETag, and what is changed may be changed on the condition of If-Match.</summary>
internal sealed record VersionTag(bool IsRequired);

/// <summary>
/// What the signature of a handler does not tell, said beside its route; <see cref="OperationDescriber"/> makes the
/// OpenAPI document of it.
/// </summary>
internal static class RouteDescription
{
    /// <param name="name">What client generators call it.</param>
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder route, string name, string summary) =>
        route.WithName(name).WithSummary(summary);

    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder route, bool optional = false) =>
        route.WithMetadata(new RequestBody(typeof(T), optional, "application/json"));

    public static RouteHandlerBuilder Gives<T>(this RouteHandlerBuilder route, int status = 200) =>
        route.Produces<T>(status);

    public static RouteHandlerBuilder OrGives<T>(this RouteHandlerBuilder route) =>
        route.WithMetadata(new OtherAnswer(typeof(T)));

    public static RouteHandlerBuilder GivesNothing(this RouteHandlerBuilder route) =>
        route.Produces(StatusCodes.Status204NoContent);

    /// <summary>Items in pages.</summary>
    public static RouteHandlerBuilder Lists<T>(this RouteHandlerBuilder route) => route.ListsAs<Page<T>>();

    /// <summary>Items in pages, in an answer that tells more than a page does.</summary>
    public static RouteHandlerBuilder ListsAs<TAnswer>(this RouteHandlerBuilder route) =>
        route
            .Produces<TAnswer>()
            .Query("limit", "How many items at most: 1 to 500, 100 if not given.", JsonSchemaType.Integer, "int32")
            .Query("cursor", "Where the page begins, as `next` of the page before says.");

    public static RouteHandlerBuilder Query(
        this RouteHandlerBuilder route,
        string name,
        string description,
        JsonSchemaType type = JsonSchemaType.String,
        string? format = null,
        bool required = false
    ) => route.WithMetadata(new QueryParameter(name, description, type, format, required));

    /// <summary>A tenant by its id.</summary>
    public static RouteHandlerBuilder QueryTenant(
        this RouteHandlerBuilder route,
        string description,
        bool required = false
    ) => route.Query("tenantId", description, JsonSchemaType.String, "uuid", required);

    public static RouteHandlerBuilder Versioned(this RouteHandlerBuilder route, bool required = false) =>
        route.WithMetadata(new VersionTag(required));
}
