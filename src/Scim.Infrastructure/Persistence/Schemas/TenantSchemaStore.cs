using System.Text;
using System.Text.Json;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Domain.Errors;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Persistence.Schemas;

internal sealed class TenantSchemaStore(ControlJournal journal, IDatabase database, TimeProvider clock)
    : ITenantSchemaStore
{
    private const string SelectTenant = "select id from tenants where slug = @slug";

    private const string SelectVersion = """
        select resource_type as ResourceType, document as Document
          from tenant_schemas where tenant_id = @tenant and lower(urn) = lower(@urn)
        """;

    private readonly string _upsert = $"""
        insert into tenant_schemas (tenant_id, urn, resource_type, document, required, created_at)
        values (@tenant, @urn, @resourceType, {database.Dialect.Json("@document")}, @required, @now)
        on conflict (tenant_id, urn) do update set document = excluded.document, required = excluded.required
        """;

    static TenantSchemaStore() => DapperTypes.Register();

    public Task<AddedSchema> PutAsync(
        string tenantSlug,
        string resourceType,
        SchemaDocument schema,
        CancellationToken cancellationToken
    ) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var tenant =
                    await connection.QuerySingleOrDefaultAsync<Guid?>(
                        SelectTenant,
                        new { slug = tenantSlug },
                        transaction
                    ) ?? throw ScimError.NotFound("Tenant", tenantSlug);
                var now = clock.Now();
                var row = new
                {
                    tenant,
                    urn = schema.Urn,
                    resourceType,
                    document = schema.Json.GetRawText(),
                    required = schema.Required,
                    now,
                };
                var version = await connection.QuerySingleOrDefaultAsync<VersionRow>(SelectVersion, row, transaction);
                var previous = version?.Read(resourceType);
                if (previous is not null)
                {
                    SchemaVersion.CheckSucceeds(schema, previous);
                }

                await connection.ExecuteAsync(_upsert, row, transaction);

                var attributes = schema.Attributes.GetArrayLength();
                await journal.AppendAsync(
                    transaction,
                    new TenantId(tenant),
                    now,
                    previous is null ? "schema.add" : "schema.change",
                    "Schema",
                    schema.Urn,
                    JsonSerializer.Serialize(
                        new
                        {
                            resourceType,
                            attributes,
                            required = schema.Required,
                        }
                    )
                );
                return new AddedSchema(
                    tenant,
                    schema.Urn,
                    resourceType,
                    attributes,
                    attributes - (previous?.Attributes.GetArrayLength() ?? 0),
                    schema.Required
                );
            },
            cancellationToken
        );

    private sealed record VersionRow(string ResourceType, string Document)
    {
        public SchemaDocument Read(string resourceType)
        {
            var schema = SchemaDocument.Read(Encoding.UTF8.GetBytes(Document));
            return ResourceType == resourceType
                ? schema
                : throw ScimError.Conflict($"{schema.Urn} is a schema of the tenant's {ResourceType}s already.");
        }
    }
}
