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

    private readonly string _insert = $"""
        insert into tenant_schemas (tenant_id, urn, resource_type, document, created_at)
        select @tenant, @urn, @type, {database.Dialect.Json("@document")}, @now
         where not exists (select 1 from tenant_schemas where tenant_id = @tenant and lower(urn) = lower(@urn))
        on conflict (tenant_id, urn) do nothing
        """;

    public Task<Guid> AddAsync(
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
                    type = resourceType,
                    document = schema.Json.GetRawText(),
                    now,
                };
                if (await connection.ExecuteAsync(_insert, row, transaction) == 0)
                {
                    throw ScimError.Conflict($"The tenant has the schema {schema.Urn} already.");
                }

                await journal.AppendAsync(
                    transaction,
                    new TenantId(tenant),
                    now,
                    "schema.add",
                    "Schema",
                    schema.Urn,
                    JsonSerializer.Serialize(new { resourceType, attributes = schema.Attributes.GetArrayLength() })
                );
                return tenant;
            },
            cancellationToken
        );
}
