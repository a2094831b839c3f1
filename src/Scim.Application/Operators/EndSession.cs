using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Application.Operators;

/// <summary>The caller's own session; any other is ended by <see cref="EndSession"/>.</summary>
public sealed record SignOut : ICommand<bool>;

internal sealed class SignOutHandler(ISessionStore sessions, RequestContext request, TimeProvider clock)
    : IRequestHandler<SignOut, bool>
{
    public Task<bool> Handle(SignOut command, CancellationToken cancellationToken) =>
        sessions.EndAsync(request.Admin!.Id, request.Admin.Session!.Id, "auth.logout", clock.Now(), cancellationToken);
}

/// <summary>One session of any operator whom the caller may see.</summary>
public sealed record EndSession(Guid OperatorId, Guid SessionId) : ICommand<bool>;

internal sealed class EndSessionHandler(
    IOperatorStore operators,
    ISessionStore sessions,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<EndSession, bool>
{
    public async Task<bool> Handle(EndSession command, CancellationToken cancellationToken)
    {
        var account =
            await operators.FindAsync(command.OperatorId, request.Admin, cancellationToken)
            ?? throw ScimError.NotFound("Operator", command.OperatorId.ToString("D"));
        Grants.RequireRank(request.Admin, account);
        return await sessions.EndAsync(account.Id, command.SessionId, "session.end", clock.Now(), cancellationToken)
            ? true
            : throw ScimError.NotFound("Session", command.SessionId.ToString("D"));
    }
}
