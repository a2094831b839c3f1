using MediatR;
using Scim.Application.Common;

namespace Scim.Application.Users;

/// <summary>DELETE /Users/{id} (RFC 7644 §3.6).</summary>
public sealed record DeleteUser(ResourceId Id, IfMatch? IfMatch) : ICommand<Unit>;

internal sealed class DeleteUserHandler(IUserStore users) : IRequestHandler<DeleteUser, Unit>
{
    public async Task<Unit> Handle(DeleteUser command, CancellationToken cancellationToken)
    {
        await users.DeleteAsync(command.Id, command.IfMatch, cancellationToken);
        return Unit.Value;
    }
}
