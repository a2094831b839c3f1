using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Application.Operators;

/// <summary>Those whom the caller may see, oldest first, after the one named.</summary>
public sealed record ListOperators(Guid After, int Limit) : IQuery<IReadOnlyList<OperatorAccount>>;

public sealed record GetOperator(Guid Id) : IQuery<OperatorAccount>;

internal sealed class GetOperatorHandler(IOperatorStore operators, RequestContext request)
    : IRequestHandler<GetOperator, OperatorAccount>
{
    public async Task<OperatorAccount> Handle(GetOperator query, CancellationToken cancellationToken) =>
        await operators.FindAsync(query.Id, request.Admin, cancellationToken)
        ?? throw ScimError.NotFound("Operator", query.Id.ToString("D"));
}

/// <summary>The live sessions of an operator, oldest first.</summary>
public sealed record ListSessions(Guid OperatorId, Guid After, int Limit) : IQuery<IReadOnlyList<ListedSession>>;

public sealed record ListedSession(
    Guid Id,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset LeaseExpiresAt
);
