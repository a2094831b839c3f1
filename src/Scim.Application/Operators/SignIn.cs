using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Operators;
using Scim.Domain.Tenants;

namespace Scim.Application.Operators;

/// <param name="Cookie">Whether a browser is to hold the session.</param>
public sealed record SignIn(string? UserName, string? Password, string? Totp, string? RecoveryCode, bool? Cookie = null)
    : ICommand<SignInAnswer>
{
    public override string ToString() => nameof(SignIn);
}

/// <summary>A session, or what an operator without an authenticator needs to enrol one.</summary>
public sealed record SignInAnswer(StartedSession? Session, EnrollmentOffer? Enrollment);

/// <summary>The one and only time that the token and the recovery codes are seen.</summary>
public sealed record StartedSession(
    string SessionToken,
    DateTimeOffset ExpiresAt,
    DateTimeOffset LeaseExpiresAt,
    OperatorAccount Operator,
    IReadOnlyList<string>? RecoveryCodes
)
{
    public override string ToString() => nameof(StartedSession);
}

public sealed record EnrollmentOffer(string Token, string Secret, string OtpauthUri, DateTimeOffset ExpiresAt)
{
    public override string ToString() => nameof(EnrollmentOffer);
}

internal sealed class SignInValidator : AbstractValidator<SignIn>
{
    private const int MaxCodeLength = 64;

    public SignInValidator()
    {
        RuleFor(x => x.UserName).NotEmpty().MaximumLength(OperatorValues.MaxNameLength);
        RuleFor(x => x.Password).NotEmpty().MaximumLength(PasswordRules.MaxLength);
        RuleFor(x => x.Totp).MaximumLength(MaxCodeLength);
        RuleFor(x => x.RecoveryCode).MaximumLength(MaxCodeLength);
        RuleFor(x => x.RecoveryCode).Null().When(x => x.Totp is not null).WithMessage("Send it or totp, not both.");
    }
}

internal sealed class SignInHandler(
    IOperatorStore operators,
    ISessionStore sessions,
    SignInAttempts attempts,
    SessionStarter starter,
    IPasswordHasher passwords,
    PasswordTurns turns,
    ISecretBox secrets,
    TimeProvider clock
) : IRequestHandler<SignIn, SignInAnswer>
{
    private const string Wrong =
        "The user name, the password or the code is not right, or the code was used before. Send userName, password and "
        + "the current totp of the authenticator, or a recoveryCode that is left.";

    private static readonly TimeSpan EnrollmentTime = TimeSpan.FromMinutes(10);

    public async Task<SignInAnswer> Handle(SignIn request, CancellationToken cancellationToken)
    {
        var userName = request.UserName!;
        var (account, isRight) = await CheckAsync(userName, request.Password!, cancellationToken);
        if (account is null || !isRight || !account.IsActive)
        {
            var reason =
                account is null ? "unknown-operator"
                : isRight ? "disabled"
                : "wrong-password";
            throw attempts.Failed(reason, account?.Id, Wrong);
        }

        if (!account.IsEnrolled)
        {
            await attempts.SucceededAsync(userName, cancellationToken);
            return new SignInAnswer(null, await OfferAsync(account, cancellationToken));
        }

        var proof =
            await ProofAsync(account, request, cancellationToken)
            ?? throw attempts.Failed("wrong-code", account.Id, Wrong);
        var (token, session) = starter.Prepare();
        if (!await sessions.StartAsync(account, proof, session, cancellationToken))
        {
            throw attempts.Failed("spent-code", account.Id, Wrong);
        }

        await attempts.SucceededAsync(userName, cancellationToken);
        return new SignInAnswer(
            new StartedSession(token, session.ExpiresAt, session.LeaseExpiresAt, account, null),
            null
        );
    }

    private async Task<(OperatorAccount? Account, bool IsRight)> CheckAsync(
        string userName,
        string password,
        CancellationToken cancellationToken
    )
    {
        // First: who is sent away here has not had a try.
        using var turn = await turns.TakeAsync(cancellationToken);
        await attempts.BeginAsync(userName, cancellationToken);
        var account = await operators.FindAsync(userName, cancellationToken);
        // As slow for nobody as for somebody.
        return (account, passwords.Verify(account?.PasswordHash, password));
    }

    private async Task<EnrollmentOffer> OfferAsync(OperatorAccount account, CancellationToken cancellationToken)
    {
        var secret = System.Security.Cryptography.RandomNumberGenerator.GetBytes(Totp.SecretLength);
        var token = OpaqueToken.Generate(OpaqueToken.Enrollment);
        var expiresAt = clock.Now() + EnrollmentTime;
        await sessions.OfferEnrollmentAsync(
            account,
            await secrets.SealAsync(secret, TotpSecret.PurposeOf(account.Id), cancellationToken),
            OpaqueToken.Hash(token),
            expiresAt,
            cancellationToken
        );
        return new EnrollmentOffer(token, Totp.Encode(secret), Totp.Uri(account.UserName, secret), expiresAt);
    }

    private async Task<SecondFactor?> ProofAsync(
        OperatorAccount account,
        SignIn request,
        CancellationToken cancellationToken
    )
    {
        if (request.RecoveryCode is { } code)
        {
            return new SecondFactor(null, RecoveryCode.Hash(code));
        }

        if (request.Totp is null)
        {
            return null;
        }

        var secret = await secrets.OpenAsync(account.TotpSecret!, TotpSecret.PurposeOf(account.Id), cancellationToken);
        return Totp.FindStep(secret, request.Totp, clock.GetUtcNow()) is { } step ? new SecondFactor(step, null) : null;
    }
}
