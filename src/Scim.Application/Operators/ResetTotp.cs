using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Application.Operators;

/// <summary>For who has lost the authenticator: it counts no more, all sessions end, and the next sign-in enrols another.</summary>
public sealed record ResetTotp(Guid Id, IfMatch? IfMatch) : ICommand<OperatorAccount>;

/// <summary>The same by a verb, which names the operator.</summary>
public sealed record ResetTotpOf(string UserName) : ICommand<OperatorAccount>;

internal sealed class ResetTotpHandler(IOperatorStore operators, RequestContext request, TimeProvider clock)
    : IRequestHandler<ResetTotp, OperatorAccount>,
        IRequestHandler<ResetTotpOf, OperatorAccount>
{
    public async Task<OperatorAccount> Handle(ResetTotp command, CancellationToken cancellationToken) =>
        await ResetAsync(
            await operators.FindAsync(command.Id, request.Admin, cancellationToken)
                ?? throw ScimError.NotFound("Operator", command.Id.ToString("D")),
            command.IfMatch,
            cancellationToken
        );

    public async Task<OperatorAccount> Handle(ResetTotpOf command, CancellationToken cancellationToken) =>
        await ResetAsync(
            await operators.FindAsync(command.UserName, cancellationToken)
                ?? throw ScimError.NotFound("Operator", command.UserName),
            null,
            cancellationToken
        );

    private async Task<OperatorAccount> ResetAsync(
        OperatorAccount account,
        IfMatch? ifMatch,
        CancellationToken cancellationToken
    )
    {
        Grants.RequireRank(request.Admin, account);
        SteppedUp.Require(request, clock);
        if (ifMatch?.Accepts(account.Version) == false)
        {
            throw ScimError.VersionMismatch(account.Version);
        }

        return await operators.ResetTotpAsync(account, clock.Now(), cancellationToken)
            ? account
            : throw ScimError.Conflict("Somebody else changed the operator at the same time; try again.");
    }
}
