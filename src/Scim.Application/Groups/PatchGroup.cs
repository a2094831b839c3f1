using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Domain.Patching;
using Scim.Domain.Resources;

namespace Scim.Application.Groups;

/// <summary>PATCH /Groups/{id}. A patch of members alone neither reads nor writes the group's document.</summary>
public sealed record PatchGroup(ResourceId Id, ReadOnlyMemory<byte> Body, IfMatch? IfMatch) : ICommand<Unit>;

internal sealed class PatchGroupValidator : AbstractValidator<PatchGroup>
{
    public PatchGroupValidator() => RuleFor(command => command.Body.Length).GreaterThan(0).WithName("body");
}

internal sealed class PatchGroupHandler(
    IGroupStore groups,
    ISchemaCatalog schemas,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<PatchGroup, Unit>
{
    public async Task<Unit> Handle(PatchGroup command, CancellationToken cancellationToken)
    {
        var patch = PatchRequest.Read(command.Body, request.Deviations);
        if (patch.TouchesMembersOnly)
        {
            var schema = (await schemas.GetAsync(cancellationToken)).Group;
            var outcome = Patcher.Apply(Document.Empty(schema), patch, request.Deviations);
            await groups.ChangeMembersAsync(command.Id, command.IfMatch, outcome.Members, cancellationToken);
            return Unit.Value;
        }

        await groups.ChangeAsync(
            command.Id,
            command.IfMatch,
            "group.update",
            group =>
            {
                var outcome = Patcher.Apply(group.Document, patch, request.Deviations);
                group.Patch(outcome, clock.Now());
                return outcome.Members;
            },
            cancellationToken
        );
        return Unit.Value;
    }
}
