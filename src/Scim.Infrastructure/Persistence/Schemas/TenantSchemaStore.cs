using System.Text.Json;
using Dapper;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Domain.Errors;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Persistence.Schemas;

internal sealed class TenantSchemaStore(ControlJournal journal, IDatabase database) : ITenantSchemaStore
{
    /// <summary>More would slow down each of the tenant's requests.</summary>
    private const int MaxSchemas = 100;

    private const string SelectTenant = "select id from tenants where slug = @slug";

    private const string SelectTenantById = "select count(*) from tenants where id = @tenant";

    private const string Select = $"""
        select {TenantSchemaRow.Columns}
          from tenant_schemas where tenant_id = @tenant and lower(urn) = lower(@urn)
        """;

    private const string CountOthers = """
        select count(*) as Everyone, count(*) filter (where lower(urn) = lower(@urn)) as Same
          from tenant_schemas where tenant_id = @tenant
        """;

    private const string Delete =
        "delete from tenant_schemas where tenant_id = @tenant and urn = @urn and version = @version";

    private readonly string _insert = $"""
        insert into tenant_schemas (tenant_id, urn, resource_type, document, required, created_at)
        values (@tenant, @urn, @resourceType, {database.Dialect.Json("@document")}, @required, @now)
        """;

    private readonly string _update = $"""
        update tenant_schemas
           set document = {database.Dialect.Json("@document")}, required = @required, version = version + 1
         where tenant_id = @tenant and urn = @urn and version = @version
        """;

    static TenantSchemaStore() => DapperTypes.Register();

    public async Task<TenantId> FindTenantAsync(string slug, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            connection =>
                connection.QuerySingleOrDefaultAsync<TenantId?>(
                    new CommandDefinition(SelectTenant, new { slug }, cancellationToken: cancellationToken)
                ),
            cancellationToken
        ) ?? throw ScimError.NotFound("Tenant", slug);

    public Task<TenantSchema?> FindAsync(TenantId tenant, string urn, CancellationToken cancellationToken) =>
        journal.ReadAsync(
            async (connection, transaction) =>
            {
                var parameters = new { tenant, urn };
                var known = await connection.ExecuteScalarAsync<long>(
                    new CommandDefinition(
                        SelectTenantById,
                        parameters,
                        transaction,
                        cancellationToken: cancellationToken
                    )
                );
                var row = await connection.QuerySingleOrDefaultAsync<TenantSchemaRow>(
                    new CommandDefinition(Select, parameters, transaction, cancellationToken: cancellationToken)
                );
                return known == 1 ? row?.ToSchema() : throw ScimError.NotFound("Tenant", tenant.ToString());
            },
            cancellationToken
        );

    public Task<TenantSchema?> AddAsync(
        TenantId tenant,
        string resourceType,
        SchemaDocument schema,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        WriteAsync(
            tenant,
            new TenantSchema(schema.Urn, resourceType, schema.Required, 1, now, schema.Json),
            "schema.create",
            now,
            async (connection, transaction, row) =>
            {
                // Acts take turns (ControlJournal), so this stays true.
                var (all, same) = await connection.QuerySingleAsync<(long, long)>(CountOthers, row, transaction);
                return all >= MaxSchemas
                    ? throw ScimError.Conflict($"A tenant has at most {MaxSchemas} schemas of its own.")
                    : same == 0 && await connection.ExecuteAsync(_insert, row, transaction) == 1;
            },
            cancellationToken
        );

    public Task<TenantSchema?> ChangeAsync(
        TenantId tenant,
        TenantSchema previous,
        SchemaDocument schema,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        WriteAsync(
            tenant,
            previous with
            {
                Required = schema.Required,
                Document = schema.Json,
                Version = previous.Version + 1,
            },
            "schema.update",
            now,
            async (connection, transaction, row) => await connection.ExecuteAsync(_update, row, transaction) == 1,
            cancellationToken
        );

    public async Task<bool> RetireAsync(
        TenantId tenant,
        TenantSchema schema,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        await WriteAsync(
            tenant,
            schema with
            {
                Version = schema.Version + 1,
            },
            "schema.retire",
            now,
            async (connection, transaction, row) => await connection.ExecuteAsync(Delete, row, transaction) == 1,
            cancellationToken
        )
            is not null;

    /// <param name="after">The version that the write leads to, or that is no more.</param>
    private async Task<TenantSchema?> WriteAsync(
        TenantId tenant,
        TenantSchema after,
        string operation,
        DateTimeOffset now,
        Func<System.Data.Common.DbConnection, System.Data.Common.DbTransaction, object, Task<bool>> write,
        CancellationToken cancellationToken
    )
    {
        var isWritten = await journal.ActAsync(
            async (connection, transaction) =>
            {
                var row = new
                {
                    tenant,
                    urn = after.Urn,
                    resourceType = after.ResourceType,
                    document = after.Document.GetRawText(),
                    required = after.Required,
                    version = after.Version - 1,
                    now,
                };
                if (!await write(connection, transaction, row))
                {
                    return false;
                }

                var detail = new
                {
                    resourceType = after.ResourceType,
                    attributes = after.Document.GetProperty("attributes").GetArrayLength(),
                    required = after.Required,
                };
                await journal.AppendAsync(
                    transaction,
                    tenant,
                    now,
                    operation,
                    "Schema",
                    after.Urn,
                    JsonSerializer.Serialize(detail)
                );
                return true;
            },
            cancellationToken
        );
        if (!isWritten)
        {
            return null;
        }

        await journal.HintAsync(cancellationToken);
        return after;
    }
}

internal sealed class ListTenantSchemasHandler(IDatabase database, ITenantSchemaStore store, RequestContext request)
    : IRequestHandler<ListTenantSchemas, IReadOnlyList<TenantSchema>>
{
    private const string Select = $"""
        select {TenantSchemaRow.Columns} from tenant_schemas
         where tenant_id = @tenant order by created_at, urn limit @limit offset @skip
        """;

    public async Task<IReadOnlyList<TenantSchema>> Handle(ListTenantSchemas query, CancellationToken cancellationToken)
    {
        var tenant = request.Reach(query.TenantId);
        // Whether there is such a tenant.
        await store.FindAsync(tenant, "", cancellationToken);
        var parameters = new
        {
            tenant,
            skip = query.Skip,
            limit = query.Limit,
        };
        var rows = await database.ReadAsync(
            connection =>
                connection.QueryAsync<TenantSchemaRow>(
                    new CommandDefinition(Select, parameters, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return [.. rows.Select(row => row.ToSchema())];
    }
}

internal sealed class TenantSchemaRow
{
    public const string Columns =
        "urn as Urn, resource_type as ResourceType, document as Document, required as Required, version as Version, created_at as CreatedAt";

    public string Urn { get; init; } = "";

    public string ResourceType { get; init; } = "";

    public string Document { get; init; } = "";

    public bool Required { get; init; }

    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public TenantSchema ToSchema() => new(Urn, ResourceType, Required, Version, CreatedAt, JsonElement.Parse(Document));
}
