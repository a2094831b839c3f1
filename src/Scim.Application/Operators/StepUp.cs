using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Operators;

namespace Scim.Application.Operators;

/// <summary>A fresh code within a session; answers until when it allows dangerous acts.</summary>
public sealed record StepUp(string? Totp) : ICommand<DateTimeOffset>
{
    public override string ToString() => nameof(StepUp);
}

internal sealed class StepUpValidator : AbstractValidator<StepUp>
{
    public StepUpValidator() => RuleFor(x => x.Totp).NotEmpty().MaximumLength(64);
}

internal sealed class StepUpHandler(
    IOperatorStore operators,
    ISessionStore sessions,
    SignInAttempts attempts,
    ISecretBox secrets,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<StepUp, DateTimeOffset>
{
    private const string Wrong =
        "The code is not right, or was used before. Each code works once: wait for the next one and send it.";

    public async Task<DateTimeOffset> Handle(StepUp command, CancellationToken cancellationToken)
    {
        var caller = request.Admin!;
        var session = caller.Session!;
        await attempts.BeginAsync(caller.Name, cancellationToken);
        var account = await operators.FindAsync(caller.Name, cancellationToken);
        if (account?.TotpSecret is null)
        {
            throw attempts.Failed("unknown-operator", caller.Id, Wrong);
        }

        var secret = await secrets.OpenAsync(account.TotpSecret, TotpSecret.PurposeOf(account.Id), cancellationToken);
        var step =
            Totp.FindStep(secret, command.Totp!, clock.GetUtcNow())
            ?? throw attempts.Failed("wrong-code", caller.Id, Wrong);
        var now = clock.Now();
        var until = now + SessionLimits.StepUp;
        if (!await sessions.StepUpAsync(caller.Id, session.Id, step, until, now, cancellationToken))
        {
            throw attempts.Failed("spent-code", caller.Id, Wrong);
        }

        await attempts.SucceededAsync(caller.Name, cancellationToken);
        return until;
    }
}

/// <summary>What dangerous acts ask for first.</summary>
public static class SteppedUp
{
    /// <exception cref="ScimException">403 without a code in the last minutes. Verbs need none.</exception>
    public static void Require(RequestContext request, TimeProvider clock)
    {
        if (request.Admin is not { } caller || caller.Session?.SteppedUpUntil > clock.GetUtcNow())
        {
            return;
        }

        throw ScimError.Refused(
            403,
            "step-up-required",
            caller.Session is null
                ? "This act needs an operator's session with a fresh code; an API key cannot do it."
                : "This act needs a fresh code: POST /admin/v1/session/step-up {\"totp\": …}, then repeat it within five minutes."
        );
    }
}
