using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Workspaces;

/// <summary>Gives a workspace another name; the slug never changes.</summary>
public sealed record RenameWorkspace(Guid Id, WorkspaceName Values, IfMatch? IfMatch) : ICommand<Workspace>;

public sealed record WorkspaceName(string? Name);

internal sealed class WorkspaceNameValidator : AbstractValidator<WorkspaceName>
{
    public WorkspaceNameValidator() => RuleFor(x => x.Name).NotEmpty().MaximumLength(Tenant.MaxNameLength);
}

internal sealed class RenameWorkspaceValidator : AbstractValidator<RenameWorkspace>
{
    public RenameWorkspaceValidator() => RuleFor(x => x.Values).SetValidator(new WorkspaceNameValidator());
}

internal sealed class RenameWorkspaceHandler(IWorkspaceStore workspaces, RequestContext request, TimeProvider clock)
    : IRequestHandler<RenameWorkspace, Workspace>
{
    public async Task<Workspace> Handle(RenameWorkspace command, CancellationToken cancellationToken)
    {
        var before =
            await workspaces.FindAsync(command.Id, request.Admin, cancellationToken)
            ?? throw ScimError.NotFound("Workspace", command.Id.ToString("D"));
        if (command.IfMatch?.Accepts(before.Version) == false)
        {
            throw ScimError.VersionMismatch(before.Version);
        }

        var after = before with { Name = command.Values.Name!.Trim(), Version = before.Version + 1 };
        return await workspaces.RenameAsync(before, after, clock.Now(), cancellationToken)
            ? after
            : throw ScimError.Conflict("Somebody else changed the workspace at the same time; try again.");
    }
}
