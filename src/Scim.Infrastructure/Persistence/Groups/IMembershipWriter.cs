using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Groups;
using Scim.Domain.Resources;

namespace Scim.Infrastructure.Persistence.Groups;

/// <summary>
/// Writes that concern memberships, each atomic with its journal rows. PostgreSQL does each in one round trip, embedded
/// SQLite in steps (docs/adr/0012-memberships-in-one-statement.md).
/// </summary>
internal interface IMembershipWriter
{
    /// <returns>False when another writer changed the group's row first; never without <see cref="GroupChange.Update"/>.</returns>
    /// <exception cref="ScimException">404, 412, or 400 invalidValue for an unknown member.</exception>
    Task<bool> ChangeAsync(GroupChange change, CancellationToken cancellationToken);

    /// <summary>O(members of the group).</summary>
    /// <exception cref="ScimException">404 or 412.</exception>
    Task DeleteGroupAsync(Deletion deletion, CancellationToken cancellationToken);

    /// <summary>Takes the user out of its groups, each with a version and a journal row of its own. O(groups of the user).</summary>
    /// <exception cref="ScimException">404 or 412.</exception>
    Task DeleteUserAsync(Deletion deletion, CancellationToken cancellationToken);
}

/// <summary>Changes of a group's members and, in <paramref name="Update"/>, of the group itself.</summary>
internal sealed record GroupChange(
    Guid Group,
    string Operation,
    MembershipChange Members,
    IfMatch? IfMatch,
    GroupUpdate? Update = null
);

/// <param name="Row">Updates the group's row when it still has the version that the update was made from.</param>
/// <param name="RowVersion">That version: the row's own, without its counters.</param>
/// <param name="Change">The change of the document, for the journal: a JSON object with at least one member.</param>
/// <param name="Parts">As those of a <see cref="Mutation"/>.</param>
internal sealed record GroupUpdate(Statement Row, long RowVersion, string Change, Statement[] Parts);

/// <param name="Parts">As those of a <see cref="Mutation"/>.</param>
internal sealed record Deletion(Guid Id, IfMatch? IfMatch, Statement[] Parts);

internal static class MembershipErrors
{
    public static ScimException UnknownMember(string id) =>
        ScimError.InvalidValue($"members: {JsonText.Quote(id)} is no user or group of this tenant (RFC 7643 §4.2).");
}
