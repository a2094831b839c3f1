using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Application.Workspaces;

/// <summary>Workspaces. Each method that changes something is one transaction with its row in the installation's journal.</summary>
public interface IWorkspaceStore
{
    /// <summary>Refuses with 409 when the slug is taken.</summary>
    Task AddAsync(Workspace workspace, CancellationToken cancellationToken);

    /// <summary>Null also for a workspace that the caller is no member of, if the caller is bound to some.</summary>
    Task<Workspace?> FindAsync(Guid id, AdminCaller? caller, CancellationToken cancellationToken);

    /// <summary>False when the version has changed.</summary>
    Task<bool> RenameAsync(Workspace before, Workspace after, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Refuses with 409 while it owns tenants.</summary>
    Task DeleteAsync(Workspace workspace, DateTimeOffset now, CancellationToken cancellationToken);
}
