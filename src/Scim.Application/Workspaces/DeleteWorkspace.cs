using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Workspaces;

/// <summary>Refused with 409 while it owns tenants. Its members lose what they reached through it.</summary>
public sealed record DeleteWorkspace(Guid Id, IfMatch? IfMatch) : ICommand<bool>;

internal sealed class DeleteWorkspaceHandler(IWorkspaceStore workspaces, RequestContext request, TimeProvider clock)
    : IRequestHandler<DeleteWorkspace, bool>
{
    public async Task<bool> Handle(DeleteWorkspace command, CancellationToken cancellationToken)
    {
        var workspace =
            await workspaces.FindAsync(command.Id, request.Admin, cancellationToken)
            ?? throw ScimError.NotFound("Workspace", command.Id.ToString("D"));
        if (command.IfMatch?.Accepts(workspace.Version) == false)
        {
            throw ScimError.VersionMismatch(workspace.Version);
        }

        if (workspace.Slug == Workspace.Default)
        {
            throw ScimError.Conflict(
                "The default workspace stays: it owns the tenants of which nobody says whose they are."
            );
        }

        await workspaces.DeleteAsync(workspace, clock.Now(), cancellationToken);
        return true;
    }
}
