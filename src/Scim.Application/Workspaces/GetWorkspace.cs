using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Workspaces;

public sealed record GetWorkspace(Guid Id) : IQuery<Workspace>;

internal sealed class GetWorkspaceHandler(IWorkspaceStore workspaces, RequestContext request)
    : IRequestHandler<GetWorkspace, Workspace>
{
    public async Task<Workspace> Handle(GetWorkspace query, CancellationToken cancellationToken) =>
        await workspaces.FindAsync(query.Id, request.Admin, cancellationToken)
        ?? throw ScimError.NotFound("Workspace", query.Id.ToString("D"));
}

/// <summary>Those that the caller may see, oldest first, after the one named.</summary>
public sealed record ListWorkspaces(Guid After, int Limit) : IQuery<IReadOnlyList<Workspace>>;
