using MediatR;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Audit;

/// <summary>
/// Erases from the journal what a deleted user's changes were; that they were made stays, and stays verifiable. Answers how
/// many were erased; none when that was done before.
/// </summary>
public sealed record EraseUser(TenantId Tenant, Guid User) : ICommand<int>;

internal sealed class EraseUserHandler(IUserErasure erasure, RequestContext request, TimeProvider clock)
    : IRequestHandler<EraseUser, int>
{
    public async Task<int> Handle(EraseUser command, CancellationToken cancellationToken)
    {
        AuditReach.Require(request, command.Tenant);
        var trace = await erasure.FindAsync(command.Tenant, command.User, cancellationToken);
        if (trace == UserTrace.None)
        {
            throw ScimError.NotFound("User", command.User.ToString("D"));
        }

        SteppedUp.Require(request, clock);
        // An id is never given out again: who is deleted stays deleted.
        return trace == UserTrace.Deleted
            ? await erasure.EraseAsync(command.Tenant, command.User, clock.Now(), cancellationToken)
            : throw ScimError.Conflict(
                "The user still exists; delete the user first, then erase what the journal tells of them."
            );
    }
}

public enum UserTrace
{
    None,
    Exists,

    /// <summary>Only the journal knows of the user.</summary>
    Deleted,
}

public interface IUserErasure
{
    Task<UserTrace> FindAsync(TenantId tenant, Guid user, CancellationToken cancellationToken);

    /// <summary>One transaction, journalled.</summary>
    Task<int> EraseAsync(TenantId tenant, Guid user, DateTimeOffset now, CancellationToken cancellationToken);
}
