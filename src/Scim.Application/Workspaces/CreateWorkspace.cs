using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Application.Workspaces;

/// <param name="Name">The slug if not given.</param>
public sealed record CreateWorkspace(string? Slug, string? Name) : ICommand<Workspace>;

internal sealed class CreateWorkspaceValidator : AbstractValidator<CreateWorkspace>
{
    public CreateWorkspaceValidator()
    {
        RuleFor(x => x.Slug)
            .Must(slug => slug is not null && Tenant.IsSlug(slug))
            .WithMessage("is 2 to 63 lower-case letters, digits and hyphens, and does not start with a hyphen");
        RuleFor(x => x.Name).MaximumLength(Tenant.MaxNameLength);
    }
}

internal sealed class CreateWorkspaceHandler(IWorkspaceStore workspaces, TimeProvider clock)
    : IRequestHandler<CreateWorkspace, Workspace>
{
    public async Task<Workspace> Handle(CreateWorkspace command, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var name = string.IsNullOrWhiteSpace(command.Name) ? command.Slug! : command.Name.Trim();
        var workspace = new Workspace(Guid.CreateVersion7(now), command.Slug!, name, Version: 1, now);
        await workspaces.AddAsync(workspace, cancellationToken);
        return workspace;
    }
}
