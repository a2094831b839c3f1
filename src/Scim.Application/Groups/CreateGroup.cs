using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Domain.Groups;
using Scim.Domain.Resources;

namespace Scim.Application.Groups;

/// <summary>POST /Groups; answers the id of the group, whose members are read (and streamed) afterwards.</summary>
public sealed record CreateGroup(ReadOnlyMemory<byte> Body) : ICommand<ResourceId>;

internal sealed class CreateGroupValidator : AbstractValidator<CreateGroup>
{
    public CreateGroupValidator() => RuleFor(command => command.Body.Length).GreaterThan(0).WithName("body");
}

internal sealed class CreateGroupHandler(
    IGroupStore groups,
    ISchemaCatalog schemas,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<CreateGroup, ResourceId>
{
    public async Task<ResourceId> Handle(CreateGroup command, CancellationToken cancellationToken)
    {
        var schema = (await schemas.GetAsync(cancellationToken)).Group;
        var body = DocumentReader.ReadBody(command.Body.Span, schema, request.Deviations);
        var group = Group.Create(body, request.Deviations, clock.Now());
        var members = new MembershipChange();
        members.Add(body.Members ?? []);
        await groups.AddAsync(group, members, cancellationToken);
        return new ResourceId(group.Id);
    }
}
