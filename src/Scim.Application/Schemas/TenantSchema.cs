using System.Text;
using System.Text.Json;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Application.Schemas;

/// <summary>A schema that a tenant has beside, or within, those of the RFC.</summary>
/// <param name="Document">The Schema resource (RFC 7643 §7).</param>
public sealed record TenantSchema(
    string Urn,
    string ResourceType,
    bool Required,
    long Version,
    DateTimeOffset CreatedAt,
    JsonElement Document
)
{
    public SchemaDocument Read() => SchemaDocument.Read(Encoding.UTF8.GetBytes(Document.GetRawText()), Required);

    /// <exception cref="ScimException">412 when the version is none that the request names.</exception>
    public void Require(IfMatch? ifMatch)
    {
        if (ifMatch?.Accepts(Version) == false)
        {
            throw ScimError.VersionMismatch(Version);
        }
    }
}

/// <summary>A tenant's schemas in the order in which they were added, from the place named on.</summary>
public sealed record ListTenantSchemas(Guid TenantId, long Skip, int Limit) : IQuery<IReadOnlyList<TenantSchema>>;

public sealed record GetTenantSchema(Guid TenantId, string Urn) : IQuery<TenantSchema>;

internal sealed class GetTenantSchemaHandler(ITenantSchemaStore store, RequestContext request)
    : IRequestHandler<GetTenantSchema, TenantSchema>
{
    public Task<TenantSchema> Handle(GetTenantSchema query, CancellationToken cancellationToken) =>
        store.GetAsync(request.Reach(query.TenantId), query.Urn, cancellationToken);
}

/// <summary>The schemas that tenants added. What changes one is a transaction with the tenant's journal row.</summary>
public interface ITenantSchemaStore
{
    /// <exception cref="ScimException">404 for an unknown tenant.</exception>
    Task<TenantId> FindTenantAsync(string slug, CancellationToken cancellationToken);

    /// <summary>Null when the tenant has no such schema; the case of the URN does not matter.</summary>
    /// <exception cref="ScimException">404 for an unknown tenant.</exception>
    Task<TenantSchema?> FindAsync(TenantId tenant, string urn, CancellationToken cancellationToken);

    /// <summary>Null when there is a schema of that URN.</summary>
    Task<TenantSchema?> AddAsync(
        TenantId tenant,
        string resourceType,
        SchemaDocument schema,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );

    /// <summary>Null when the schema is not what it was any more.</summary>
    Task<TenantSchema?> ChangeAsync(
        TenantId tenant,
        TenantSchema previous,
        SchemaDocument schema,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );

    /// <summary>False when the schema is not what it was any more.</summary>
    Task<bool> RetireAsync(
        TenantId tenant,
        TenantSchema schema,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );
}

internal static class TenantSchemaLookup
{
    public static async Task<TenantSchema> GetAsync(
        this ITenantSchemaStore store,
        TenantId tenant,
        string urn,
        CancellationToken cancellationToken
    ) => await store.FindAsync(tenant, urn, cancellationToken) ?? throw ScimError.NotFound("Schema", urn);
}
