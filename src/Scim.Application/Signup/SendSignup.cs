using MediatR;
using Scim.Application.Common;
using Scim.Domain.Jobs;
using Scim.Domain.Operators;

namespace Scim.Application.Signup;

/// <summary>
/// Sends the token that proves an address, as a job that has the sign-up's own id. The token is made here and kept as its hash
/// only, so another attempt sends another one: of several messages the last is the one that works.
/// </summary>
public sealed record SendSignup(JobLease Lease) : ICommand<string?>
{
    public const string JobType = "signup.send";
}

internal sealed class SendSignupHandler(
    ISignupStore signups,
    IEmailSender emails,
    SignupPolicy policy,
    TimeProvider clock
) : IRequestHandler<SendSignup, string?>
{
    public async Task<string?> Handle(SendSignup request, CancellationToken cancellationToken)
    {
        var token = OpaqueToken.Generate(OpaqueToken.Signup);
        var hash = OpaqueToken.Hash(token);
        if (await signups.GiveTokenAsync(request.Lease, hash, clock.Now(), cancellationToken) is { } signup)
        {
            await emails.SendAsync(Message(signup, token), cancellationToken);
        }

        return null;
    }

    private EmailMessage Message(PendingSignup signup, string token)
    {
        // A fragment goes to no server and into no log.
        var link = policy.ConfirmUrl is { } url ? $"\nOpen {url}#{token}\n" : "";
        return new EmailMessage(
            signup.Email,
            "Confirm your sign-up",
            $"""
            Somebody, you we hope, has signed up for the tenant {signup.Slug} with this address.
            {link}
            Your token, which works once and within 24 hours:

            {token}

            If it was not you, do nothing: without the token nothing happens.

            """
        );
    }
}
