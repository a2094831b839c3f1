using Scim.Application.Common;
using Scim.Domain.Resources;
using Scim.Domain.Users;

namespace Scim.Application.Users;

/// <summary>The users of the request's tenant. Each write is one transaction with its journal row.</summary>
public interface IUserStore
{
    /// <summary>With derived groups and manager; null when there is none.</summary>
    Task<StoredResource?> ReadAsync(ResourceId id, CancellationToken cancellationToken);

    /// <exception cref="Domain.Errors.ScimException">409 when the userName is taken.</exception>
    Task<StoredResource> AddAsync(User user, CancellationToken cancellationToken);

    /// <summary>Adds those that can be, within the caller's transaction; all of them created at one time.</summary>
    /// <returns>One for each, in their order: the user, or the 409 that refused it.</returns>
    Task<IReadOnlyList<CreatedUser>> AddAllAsync(IReadOnlyList<User> users, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the user, lets the change work on it without a lock, and writes it if nobody else did meanwhile. A lost race
    /// is repeated up to three times, then done under the row lock.
    /// </summary>
    /// <param name="operation">Name of the journal row: <c>user.update</c>.</param>
    /// <exception cref="Domain.Errors.ScimException">404, 409, or 412 when <paramref name="ifMatch"/> refuses the version.</exception>
    Task<StoredResource> ChangeAsync(
        ResourceId id,
        IfMatch? ifMatch,
        string operation,
        Action<User> change,
        CancellationToken cancellationToken
    );

    /// <summary>Removes the user from all groups, then the user.</summary>
    /// <exception cref="Domain.Errors.ScimException">404 or 412.</exception>
    Task DeleteAsync(ResourceId id, IfMatch? ifMatch, CancellationToken cancellationToken);
}
