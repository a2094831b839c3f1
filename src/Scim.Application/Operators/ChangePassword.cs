using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Operators;

namespace Scim.Application.Operators;

/// <summary>The caller's own. It ends all of the operator's sessions: whoever knew the old one is out.</summary>
public sealed record ChangePassword(string? CurrentPassword, string? NewPassword) : ICommand<bool>
{
    public override string ToString() => nameof(ChangePassword);
}

internal sealed class ChangePasswordValidator : AbstractValidator<ChangePassword>
{
    public ChangePasswordValidator(RequestContext request)
    {
        RuleFor(x => x.CurrentPassword).NotEmpty().MaximumLength(PasswordRules.MaxLength);
        RuleFor(x => x.NewPassword)
            .NotEmpty()
            .Custom(
                (password, context) =>
                {
                    if (password is not null && PasswordRules.Violation(password, request.Admin!.Name) is { } reason)
                    {
                        context.AddFailure(reason);
                    }
                }
            );
    }
}

internal sealed class ChangePasswordHandler(
    IOperatorStore operators,
    SignInAttempts attempts,
    IPasswordHasher passwords,
    PasswordTurns turns,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<ChangePassword, bool>
{
    public async Task<bool> Handle(ChangePassword command, CancellationToken cancellationToken)
    {
        var caller = request.Admin!;
        using var turn = await turns.TakeAsync(cancellationToken);
        await attempts.BeginAsync(caller.Name, cancellationToken);
        var account = await operators.FindAsync(caller.Name, cancellationToken);
        if (account is null || !passwords.Verify(account.PasswordHash, command.CurrentPassword!))
        {
            throw attempts.Failed("wrong-password", caller.Id, "The current password is not right.");
        }

        await attempts.SucceededAsync(caller.Name, cancellationToken);
        var after = account with { PasswordHash = passwords.Hash(command.NewPassword), Version = account.Version + 1 };
        return await operators.UpdateAsync(account, after, endsSessions: true, clock.Now(), cancellationToken)
            ? true
            : throw ScimError.Conflict("Somebody else changed the operator at the same time; try again.");
    }
}
