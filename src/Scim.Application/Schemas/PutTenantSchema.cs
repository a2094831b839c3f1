using System.Text.Json;
using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Schemas;

namespace Scim.Application.Schemas;

/// <summary>
/// Adds an extension schema to one resource type of a tenant, or puts a new version in the place of the one there is; takes
/// part in everything from then on. What is narrower than before is checked against what is stored.
/// </summary>
/// <param name="Urn">The schema to be changed; null to add one.</param>
/// <param name="OrEither">Adds it or changes it, whichever is due.</param>
public sealed record PutTenantSchema(
    Guid TenantId,
    string ResourceType,
    ReadOnlyMemory<byte> Document,
    bool Required,
    string? Urn = null,
    IfMatch? IfMatch = null,
    bool OrEither = false
) : ICommand<TenantSchema>;

/// <summary>What a request says of a schema.</summary>
public sealed record SchemaValues(string? ResourceType, bool? Required, JsonElement? Schema);

internal sealed class SchemaValuesValidator : AbstractValidator<SchemaValues>
{
    public SchemaValuesValidator()
    {
        RuleFor(x => x.ResourceType).Must(type => type is "User" or "Group").WithMessage("must be User or Group");
        RuleFor(x => x.Schema)
            .Must(schema => schema is { ValueKind: JsonValueKind.Object })
            .WithMessage("must be a Schema resource (RFC 7643 §7)");
    }
}

/// <summary>Takes a schema away from a tenant that has no values of it.</summary>
public sealed record RetireTenantSchema(Guid TenantId, string Urn, IfMatch? IfMatch) : ICommand<Unit>;

internal sealed class PutTenantSchemaHandler(
    ITenantSchemaStore store,
    StoredValues values,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<PutTenantSchema, TenantSchema>
{
    public async Task<TenantSchema> Handle(PutTenantSchema command, CancellationToken cancellationToken)
    {
        var tenant = request.Reach(command.TenantId);
        var schema = SchemaDocument.ReadExtension(command.Document.Span, command.Required);
        if (command.Urn is { } urn && !urn.Equals(schema.Urn, StringComparison.OrdinalIgnoreCase))
        {
            throw ScimError.InvalidValue($"The schema's id is {schema.Urn}, the path names another.");
        }

        CheckAgainstBuiltIn(schema, command.ResourceType);
        var previous = await store.FindAsync(tenant, schema.Urn, cancellationToken);
        if (previous is null)
        {
            return command.Urn is not null
                ? throw ScimError.NotFound("Schema", schema.Urn)
                : await store.AddAsync(tenant, command.ResourceType, schema, clock.Now(), cancellationToken)
                    ?? throw Taken(schema.Urn);
        }

        if (previous.ResourceType != command.ResourceType)
        {
            throw ScimError.Conflict($"{schema.Urn} is a schema of the tenant's {previous.ResourceType}s already.");
        }

        if (command.Urn is null && !command.OrEither)
        {
            throw Taken(schema.Urn);
        }

        previous.Require(command.IfMatch);
        await values.CheckAsync(tenant, previous, SchemaVersion.Narrowings(schema, previous.Read()), cancellationToken);
        return await store.ChangeAsync(tenant, previous, schema, clock.Now(), cancellationToken)
            ?? throw ScimError.VersionMismatch(previous.Version + 1);
    }

    private static ScimException Taken(string urn) => ScimError.Conflict($"The tenant has a schema {urn} already.");

    // Under the URN of a built-in schema the document adds attributes to it; they must be new there.
    private static void CheckAgainstBuiltIn(SchemaDocument schema, string resourceType)
    {
        if (!Urns.Known.Contains(schema.Urn))
        {
            return;
        }

        if (schema.Required)
        {
            throw ScimError.InvalidValue(
                $"{schema.Urn} is a schema of the RFC; only an extension of the tenant's own can be required."
            );
        }

        var builtIn = resourceType == "User" ? ResourceSchema.User() : ResourceSchema.Group();
        var table = schema.Urn.Equals(builtIn.Urn, StringComparison.OrdinalIgnoreCase)
            ? builtIn.Root
            : builtIn.Root.Find(schema.Urn)?.Attributes
                ?? throw ScimError.InvalidValue(
                    $"{schema.Urn} is a schema of the RFC that a {resourceType} does not have; give the extension a URN of its own (RFC 7643 §3.3)."
                );
        foreach (var attribute in schema.Attributes.EnumerateArray())
        {
            var name = attribute.GetProperty("name").GetString()!;
            if (table.Find(name) is not null)
            {
                throw ScimError.InvalidValue($"{schema.Urn} has an attribute {name} already.");
            }
        }
    }
}

internal sealed class RetireTenantSchemaHandler(
    ITenantSchemaStore store,
    StoredValues values,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<RetireTenantSchema, Unit>
{
    public async Task<Unit> Handle(RetireTenantSchema command, CancellationToken cancellationToken)
    {
        var tenant = request.Reach(command.TenantId);
        var schema = await store.GetAsync(tenant, command.Urn, cancellationToken);
        schema.Require(command.IfMatch);
        await values.CheckAsync(tenant, schema, [.. Everything(schema.Document)], cancellationToken);
        return await store.RetireAsync(tenant, schema, clock.Now(), cancellationToken)
            ? Unit.Value
            : throw ScimError.VersionMismatch(schema.Version + 1);
    }

    private static IEnumerable<Narrowing> Everything(JsonElement document) =>
        from attribute in document.GetProperty("attributes").EnumerateArray()
        let name = attribute.GetProperty("name").GetString()!
        let isHidden = attribute.TryGetProperty("returned", out var returned) && returned.ValueEquals("never")
        select new Narrowing(name, $"There are values of {name}.", OfAbsence: false, isHidden);
}
