using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Operators;

namespace Scim.Application.Operators;

/// <summary>The first code of a new authenticator: it enrols it, and hands out the recovery codes.</summary>
/// <param name="Cookie">Whether a browser is to hold the session.</param>
public sealed record EnrollTotp(string? Token, string? Totp, bool? Cookie = null) : ICommand<StartedSession>
{
    public override string ToString() => nameof(EnrollTotp);
}

internal sealed class EnrollTotpValidator : AbstractValidator<EnrollTotp>
{
    private const int MaxLength = 64;

    public EnrollTotpValidator()
    {
        RuleFor(x => x.Token).NotEmpty().MaximumLength(MaxLength);
        RuleFor(x => x.Totp).NotEmpty().MaximumLength(MaxLength);
    }
}

internal sealed class EnrollTotpHandler(
    ISessionStore sessions,
    SignInAttempts attempts,
    SessionStarter starter,
    ISecretBox secrets,
    TimeProvider clock
) : IRequestHandler<EnrollTotp, StartedSession>
{
    private const string Wrong =
        "The token or the code is not right. Send the current code of the authenticator; a token lasts ten minutes and "
        + "works once, and signing in with the password gives another.";

    public async Task<StartedSession> Handle(EnrollTotp request, CancellationToken cancellationToken)
    {
        var tokenHash = OpaqueToken.Hash(request.Token!);
        var account = await sessions.FindEnrollingAsync(tokenHash, clock.Now(), cancellationToken);
        await attempts.BeginAsync(account?.UserName, cancellationToken);
        if (account is null)
        {
            throw attempts.Failed("unknown-enrollment", null, Wrong);
        }

        var secret = await secrets.OpenAsync(account.TotpSecret!, TotpSecret.PurposeOf(account.Id), cancellationToken);
        var step =
            Totp.FindStep(secret, request.Totp!, clock.GetUtcNow())
            ?? throw attempts.Failed("wrong-code", account.Id, Wrong);
        var codes = RecoveryCode.GenerateAll();
        var (token, session) = starter.Prepare();
        List<byte[]> hashes = [.. codes.Select(RecoveryCode.Hash)];
        if (!await sessions.EnrollAsync(account, tokenHash, step, hashes, session, cancellationToken))
        {
            throw attempts.Failed("spent-enrollment", account.Id, Wrong);
        }

        await attempts.SucceededAsync(account.UserName, cancellationToken);
        return new StartedSession(token, session.ExpiresAt, session.LeaseExpiresAt, account, codes);
    }
}
