using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Application.Operators;

public sealed record DeleteOperator(Guid Id) : ICommand<bool>;

internal sealed class DeleteOperatorHandler(IOperatorStore operators, RequestContext request, TimeProvider clock)
    : IRequestHandler<DeleteOperator, bool>
{
    public async Task<bool> Handle(DeleteOperator command, CancellationToken cancellationToken)
    {
        var account =
            await operators.FindAsync(command.Id, request.Admin, cancellationToken)
            ?? throw ScimError.NotFound("Operator", command.Id.ToString("D"));
        Grants.RequireRank(request.Admin, account);
        return await operators.DeleteAsync(account, clock.Now(), cancellationToken)
            ? true
            : throw ScimError.NotFound("Operator", command.Id.ToString("D"));
    }
}
