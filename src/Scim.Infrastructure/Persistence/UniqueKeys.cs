using System.Globalization;
using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Text;

namespace Scim.Infrastructure.Persistence;

/// <summary>
/// Holds the values of a tenant's own unique attributes apart (docs/adr/0013-unique-values.md): one row per value, written
/// with its resource, refused by the table's key. Makes no statement where the schema has no such attribute.
/// </summary>
internal sealed class UniqueKeys(ITenantSession session, string resourceType, string table)
{
    private const string Constraint = "unique_values_pkey";

    private const int Attempts = 3;

    private const string DeleteAll =
        "delete from unique_values where tenant_id = $1 and resource_type = $2 and resource_id = $3 and exists (select 1 from head)";

    private string Insert =>
        $"""
            insert into unique_values (tenant_id, resource_type, attribute, value_key, resource_id)
            select $1, $2, $3, t.value, $4 from head, {session.Dialect.TextSet(5)} where true
            """;

    private string Delete =>
        $"""
            delete from unique_values
             where tenant_id = $1 and resource_type = $2 and attribute = $3 and resource_id = $4 and exists (select 1 from head)
               and value_key in (select t.value from {session.Dialect.TextSet(5)})
            """;

    private string SelectOthers =>
        $"""
            select attribute from unique_values
             where tenant_id = $1 and resource_type = $2 and attribute = $3 and resource_id <> $4
               and value_key in (select t.value from {session.Dialect.TextSet(5)})
            """;

    // A replica that did not know the schema yet may have changed or deleted the holder without its rows.
    private string DeleteStale =>
        $"""
            delete from unique_values
             where tenant_id = $1 and resource_type = $2 and attribute = $3
               and value_key in (select t.value from {session.Dialect.TextSet(5)})
               and (resource_id = $4
                    or not exists (select 1 from {table} r where r.tenant_id = $1 and r.id = unique_values.resource_id))
            """;

    /// <summary>Parts of the mutation that writes the resource.</summary>
    /// <param name="before">What it was; null when it is created.</param>
    public IEnumerable<Statement> Parts(Guid id, Document after, Document? before)
    {
        foreach (var path in after.Schema.Unique)
        {
            if (before is not null && Added(before, after, path) is { Length: > 0 } removed)
            {
                yield return About(Delete, id, path, removed);
            }

            if (Added(after, before, path) is { Length: > 0 } added)
            {
                yield return About(Insert, id, path, added);
            }
        }
    }

    /// <summary>Parts of the mutation that deletes the resource.</summary>
    public IEnumerable<Statement> Released(Guid id, ResourceSchema schema)
    {
        if (schema.Unique.Count > 0)
        {
            yield return new Statement(DeleteAll, Arg.Uuid(session.Tenant.Value), Arg.Text(resourceType), Arg.Uuid(id));
        }
    }

    /// <summary>Runs the write of a resource, which may be repeated, and tells which value is taken when one is.</summary>
    /// <exception cref="ScimException">409 uniqueness, naming the attribute.</exception>
    public async Task<T> GuardAsync<T>(
        Guid id,
        Document after,
        Document? before,
        Func<Task<T>> write,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                // Inside a transaction a savepoint, so that the question below can still be asked.
                return after.Schema.Unique.Count > 0 && session.InTransaction
                    ? await session.TransactionAsync(write, cancellationToken)
                    : await write();
            }
            catch (UniqueViolationException exception) when (exception.Constraint == Constraint)
            {
                await RefuseTakenAsync(id, after, before, cancellationToken);
                if (attempt == Attempts)
                {
                    throw new TransientDatabaseException("A unique value changes hands all the time.", exception);
                }
            }
        }
    }

    private async Task RefuseTakenAsync(Guid id, Document after, Document? before, CancellationToken cancellationToken)
    {
        foreach (var path in after.Schema.Unique)
        {
            var keys = Added(after, before, path);
            await session.ExecuteAsync(About(DeleteStale, id, path, keys), cancellationToken);
            if (
                await session.QueryAsync(
                    [About(SelectOthers, id, path, keys)],
                    static async rows => await rows.ReadAsync(),
                    cancellationToken
                )
            )
            {
                throw ScimError.Uniqueness(
                    $"{path.Target.Path} has a value that another {resourceType} of this tenant has (RFC 7643 §7)."
                );
            }
        }
    }

    private Statement About(string sql, Guid id, AttributePath path, string[] keys) =>
        new(
            sql,
            Arg.Uuid(session.Tenant.Value),
            Arg.Text(resourceType),
            Arg.Text(path.Target.Path),
            Arg.Uuid(id),
            Arg.Texts(keys)
        );

    private static string[] Added(Document after, Document? before, AttributePath path)
    {
        var keys = Keys(after, path);
        keys.ExceptWith(before is null ? [] : Keys(before, path));
        return [.. keys];
    }

    private static HashSet<string> Keys(Document document, AttributePath path)
    {
        var holder = path.Extension is null ? document.Root : document.Root[path.Extension] as ComplexValue;
        var values = Each(holder?[path.Attribute]);
        if (path.Sub is { } sub)
        {
            values = values.SelectMany(value => Each(((ComplexValue)value)[sub]));
        }

        return [.. values.Select(value => Key(value, path.Target))];
    }

    private static IEnumerable<Value> Each(Value? value) =>
        value switch
        {
            null => [],
            ListValue list => list.Items,
            _ => [value],
        };

    private static string Key(Value value, AttributeDefinition attribute) =>
        value switch
        {
            TextValue text => attribute.Folds ? Folding.Fold(text.Text) : text.Text,
            IntegerValue integer => integer.Number.ToString(CultureInfo.InvariantCulture),
            DecimalValue number => number.Number.ToString("R", CultureInfo.InvariantCulture),
            _ => throw new InvalidOperationException($"{attribute.Path} has values of a type that is never unique."),
        };
}
