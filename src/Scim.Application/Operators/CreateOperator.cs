using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Operators;

namespace Scim.Application.Operators;

/// <param name="TotpSecret">An authenticator that is enrolled already, for unattended installations.</param>
public sealed record CreateOperator(NewOperator Values, byte[]? TotpSecret = null) : ICommand<OperatorAccount>;

internal sealed class CreateOperatorValidator : AbstractValidator<CreateOperator>
{
    public CreateOperatorValidator() => RuleFor(x => x.Values).SetValidator(new NewOperatorValidator());
}

internal sealed class CreateOperatorHandler(
    IOperatorStore operators,
    IPasswordHasher passwords,
    ISecretBox secrets,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<CreateOperator, OperatorAccount>
{
    public async Task<OperatorAccount> Handle(CreateOperator command, CancellationToken cancellationToken)
    {
        var values = command.Values;
        Grants.RequireGrantable(request.Admin, values.RoleNames, values.Tenants, values.Workspaces);
        SteppedUp.Require(request, clock);
        var now = clock.Now();
        var id = Guid.CreateVersion7(now);
        var secret = command.TotpSecret is { } plain
            ? await secrets.SealAsync(plain, TotpSecret.PurposeOf(id), cancellationToken)
            : null;
        var account = new OperatorAccount(
            id,
            values.UserName!,
            passwords.Hash(values.Password),
            values.RoleNames,
            values.Tenants,
            values.IsActive,
            secret,
            IsEnrolled: secret is not null,
            Version: 1,
            now,
            LastSignInAt: null
        )
        {
            WorkspaceIds = values.Workspaces,
        };
        await operators.AddAsync(account, now, cancellationToken);
        return account;
    }
}
