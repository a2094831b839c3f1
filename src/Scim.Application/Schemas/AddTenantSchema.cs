using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Schemas;

namespace Scim.Application.Schemas;

/// <summary>
/// Adds an extension schema (RFC 7643 §3.3, §7) to one resource type of a tenant, or a new version of one that it has; takes
/// part in everything from then on.
/// </summary>
/// <param name="ResourceType"><c>User</c> or <c>Group</c>.</param>
/// <param name="Document">The Schema resource as JSON, with all its attributes.</param>
/// <param name="Required">What clients create or replace must have the extension (RFC 7643 §6).</param>
public sealed record AddTenantSchema(
    string TenantSlug,
    string ResourceType,
    ReadOnlyMemory<byte> Document,
    bool Required = false
) : ICommand<AddedSchema>;

/// <param name="Attributes">How many the schema has now, without sub-attributes.</param>
/// <param name="NewAttributes">How many of them are new.</param>
public sealed record AddedSchema(
    Guid TenantId,
    string Urn,
    string ResourceType,
    int Attributes,
    int NewAttributes,
    bool Required
);

internal sealed class AddTenantSchemaValidator : AbstractValidator<AddTenantSchema>
{
    public AddTenantSchemaValidator()
    {
        RuleFor(command => command.TenantSlug).NotEmpty();
        RuleFor(command => command.ResourceType)
            .Must(type => type is "User" or "Group")
            .WithMessage("must be User or Group");
        RuleFor(command => command.Document.Length).InclusiveBetween(2, 1024 * 1024).WithName("document");
    }
}

/// <summary>The schemas that a tenant added.</summary>
public interface ITenantSchemaStore
{
    /// <summary>Adds the schema, or puts it in the place of the version that the tenant has.</summary>
    /// <exception cref="ScimException">
    /// 404 for an unknown tenant, 409 for a URN that another resource type has, 400 for a change that <see cref="SchemaVersion"/> refuses.
    /// </exception>
    Task<AddedSchema> PutAsync(
        string tenantSlug,
        string resourceType,
        SchemaDocument schema,
        CancellationToken cancellationToken
    );
}

internal sealed class AddTenantSchemaHandler(ITenantSchemaStore store) : IRequestHandler<AddTenantSchema, AddedSchema>
{
    public async Task<AddedSchema> Handle(AddTenantSchema command, CancellationToken cancellationToken)
    {
        var schema = SchemaDocument.ReadExtension(command.Document.Span, command.Required);
        CheckAgainstBuiltIn(schema, command.ResourceType);
        return await store.PutAsync(command.TenantSlug, command.ResourceType, schema, cancellationToken);
    }

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
