using System.Collections.Concurrent;
using System.Text;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Persistence.Schemas;

/// <summary>Compiled schemas per tenant, kept until the configuration epoch moves and trusted while it is known. Most tenants share the built-in ones.</summary>
internal sealed class CompiledSchemas(IDatabase database, IConfigurationEpoch epoch, RuntimeSettings settings)
{
    private const int Limit = 20_000;

    private const string SelectDocuments =
        "select resource_type as ResourceType, document as Document, required as Required from tenant_schemas where tenant_id = @tenant order by created_at, urn";

    private readonly ConcurrentDictionary<TenantId, (long Epoch, TenantSchemas Schemas)> _cache = new();

    public async ValueTask<TenantSchemas> GetAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var current = epoch.Current;
        if (_cache.TryGetValue(tenant, out var cached) && cached.Epoch == current && epoch.IsFresh)
        {
            return cached.Schemas;
        }

        var loaded = await LoadAsync(tenant, cancellationToken);
        if (_cache.Count >= Limit)
        {
            _cache.Clear();
        }

        _cache[tenant] = (current, loaded);
        return loaded;
    }

    public async Task<TenantSchemas> LoadAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            async connection =>
            {
                var documents = await connection.QueryAsync<DocumentRow>(
                    new CommandDefinition(
                        SelectDocuments,
                        new { tenant = tenant.Value },
                        cancellationToken: cancellationToken
                    )
                );
                return documents.AsList();
            },
            cancellationToken
        );
        var unique = settings.Of(tenant).UniqueGroupNames;
        if (rows.Count == 0)
        {
            return unique ? TenantSchemas.BuiltIn : TenantSchemas.BuiltIn with { UniqueGroupNames = false };
        }

        return new TenantSchemas(Compile("User"), Compile("Group"), unique);

        ResourceSchema Compile(string type)
        {
            var documents = rows.Where(row => row.ResourceType == type)
                .Select(row => SchemaDocument.Read(Encoding.UTF8.GetBytes(row.Document), row.Required))
                .ToArray();
            return type == "User" ? ResourceSchema.User(documents) : ResourceSchema.Group(documents);
        }
    }

    private sealed class DocumentRow
    {
        public string ResourceType { get; init; } = "";

        public string Document { get; init; } = "";

        public bool Required { get; init; }
    }
}

internal sealed class SchemaCatalog(CompiledSchemas compiled, RequestContext request) : ISchemaCatalog
{
    public ValueTask<TenantSchemas> GetAsync(CancellationToken cancellationToken) =>
        compiled.GetAsync(request.TenantId, cancellationToken);
}
