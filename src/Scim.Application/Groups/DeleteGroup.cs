using MediatR;
using Scim.Application.Common;

namespace Scim.Application.Groups;

/// <summary>DELETE /Groups/{id}; users stay.</summary>
public sealed record DeleteGroup(ResourceId Id, IfMatch? IfMatch) : ICommand<Unit>;

internal sealed class DeleteGroupHandler(IGroupStore groups) : IRequestHandler<DeleteGroup, Unit>
{
    public async Task<Unit> Handle(DeleteGroup command, CancellationToken cancellationToken)
    {
        await groups.DeleteAsync(command.Id, command.IfMatch, cancellationToken);
        return Unit.Value;
    }
}
