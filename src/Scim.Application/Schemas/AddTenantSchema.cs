using FluentValidation;
using MediatR;
using Scim.Application.Common;
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

internal sealed class AddTenantSchemaHandler(ITenantSchemaStore store, IMediator mediator)
    : IRequestHandler<AddTenantSchema, AddedSchema>
{
    public async Task<AddedSchema> Handle(AddTenantSchema command, CancellationToken cancellationToken)
    {
        var tenant = await store.FindTenantAsync(command.TenantSlug, cancellationToken);
        var schema = SchemaDocument.ReadExtension(command.Document.Span, command.Required);
        var previous = await store.FindAsync(tenant, schema.Urn, cancellationToken);
        var put = new PutTenantSchema(
            tenant.Value,
            command.ResourceType,
            command.Document,
            command.Required,
            OrEither: true
        );
        await mediator.Send(put, cancellationToken);
        var attributes = schema.Attributes.GetArrayLength();
        return new AddedSchema(
            tenant.Value,
            schema.Urn,
            command.ResourceType,
            attributes,
            attributes - (previous?.Read().Attributes.GetArrayLength() ?? 0),
            schema.Required
        );
    }
}
