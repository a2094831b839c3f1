using Scim.Application.Common;
using Scim.Domain.Groups;
using Scim.Domain.Resources;

namespace Scim.Application.Groups;

/// <summary>The groups of the request's tenant and their members. Each write is one transaction with its journal rows.</summary>
public interface IGroupStore
{
    Task<StoredResource?> ReadAsync(ResourceId id, CancellationToken cancellationToken);

    /// <summary>Head and members from one snapshot, members in batches as they arrive; memory does not grow with the group.</summary>
    /// <param name="head">Gets the group; false when there is nothing more to send.</param>
    /// <param name="members">Gets batches of members, in order of id.</param>
    /// <returns>False when there is no such group.</returns>
    Task<bool> StreamAsync(
        ResourceId id,
        Func<StoredResource, ValueTask<bool>> head,
        Func<ReadOnlyMemory<MemberOfGroup>, ValueTask> members,
        CancellationToken cancellationToken
    );

    Task AddAsync(Group group, MembershipChange members, CancellationToken cancellationToken);

    /// <summary>As <see cref="Users.IUserStore.ChangeAsync"/>; the change returns what it wants of the members.</summary>
    Task ChangeAsync(
        ResourceId id,
        IfMatch? ifMatch,
        string operation,
        Func<Group, MembershipChange> change,
        CancellationToken cancellationToken
    );

    /// <summary>Changes members only: the group's document is neither read nor written.</summary>
    /// <exception cref="Domain.Errors.ScimException">404, 412, or 400 invalidValue for an unknown member.</exception>
    Task ChangeMembersAsync(
        ResourceId id,
        IfMatch? ifMatch,
        MembershipChange change,
        CancellationToken cancellationToken
    );

    Task DeleteAsync(ResourceId id, IfMatch? ifMatch, CancellationToken cancellationToken);
}
