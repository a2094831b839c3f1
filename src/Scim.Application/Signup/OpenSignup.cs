using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.Domain.Operators;
using Scim.Domain.Tenants;

namespace Scim.Application.Signup;

/// <summary>
/// Somebody wants a trial: the address gets a token that proves it is theirs. The answer is the same whether the address
/// or the slug is known or not.
/// </summary>
/// <param name="Slug">Of the tenant and its workspace.</param>
/// <param name="Name">The slug if not given.</param>
public sealed record OpenSignup(string? Email, string? Slug, string? Name) : ICommand<bool>
{
    public override string ToString() => nameof(OpenSignup);
}

/// <param name="ConfirmUrl">Where the link in the message leads, with the token as its fragment; null for a message without a link.</param>
public sealed record SignupPolicy(bool IsEnabled, string? ConfirmUrl)
{
    public static readonly TimeSpan TokenLife = TimeSpan.FromHours(24);

    /// <exception cref="ScimException">404 where nobody signs up.</exception>
    public void RequireEnabled()
    {
        if (!IsEnabled)
        {
            throw ScimError.Refused(404, "not-found", "Sign-up is switched off here.");
        }
    }
}

/// <summary>A request that waits for its proof: the hash of the token, never the token.</summary>
public sealed record PendingSignup(
    Guid Id,
    byte[] TokenHash,
    string Email,
    string Slug,
    string Name,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt
)
{
    public override string ToString() => $"{nameof(PendingSignup)} {Id:D}";
}

public enum SignupOpening
{
    Opened,

    /// <summary>The address has had as many messages as it gets in a day.</summary>
    TooManyOfAddress,

    TooManyOfNetwork,
}

public interface ISignupStore
{
    /// <summary>Keeps the request unless the address or the network has made too many; forgets those that are past.</summary>
    Task<SignupOpening> OpenAsync(PendingSignup signup, CancellationToken cancellationToken);

    Task<PendingSignup?> FindAsync(byte[] tokenHash, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Runs the work in one transaction that also spends the token; false when that was spent before.</summary>
    Task<bool> SpendAsync(PendingSignup signup, Func<Task> work, CancellationToken cancellationToken);
}

internal sealed class OpenSignupValidator : AbstractValidator<OpenSignup>
{
    public OpenSignupValidator()
    {
        // It becomes the operator's user name.
        RuleFor(x => x.Email)
            .Must(email =>
                TenantValuesValidator.IsEmail(email)
                && email!.Length <= OperatorValues.MaxNameLength
                && email.All(letter =>
                    char.IsLetterOrDigit(letter) || "._@+-".Contains(letter, StringComparison.Ordinal)
                )
            )
            .WithMessage("must be an e-mail address of letters, digits and . _ + -");
        RuleFor(x => x.Slug)
            .Must(slug => slug is not null && Tenant.IsSlug(slug))
            .WithMessage("is 2 to 63 lower-case letters, digits and hyphens, and does not start with a hyphen");
        RuleFor(x => x.Name).MaximumLength(Tenant.MaxNameLength);
    }
}

internal sealed class OpenSignupHandler(
    ISignupStore signups,
    IEmailSender emails,
    SignupPolicy policy,
    TimeProvider clock
) : IRequestHandler<OpenSignup, bool>
{
    public async Task<bool> Handle(OpenSignup command, CancellationToken cancellationToken)
    {
        policy.RequireEnabled();
        var now = clock.Now();
        var token = OpaqueToken.Generate(OpaqueToken.Signup);
        var signup = new PendingSignup(
            Guid.CreateVersion7(now),
            OpaqueToken.Hash(token),
            command.Email!,
            command.Slug!,
            string.IsNullOrWhiteSpace(command.Name) ? command.Slug! : command.Name.Trim(),
            now,
            now + SignupPolicy.TokenLife
        );
        var opening = await signups.OpenAsync(signup, cancellationToken);
        if (opening == SignupOpening.TooManyOfNetwork)
        {
            throw ScimError.TooManyRequests(3600, "Too many have signed up from this network; try again later.");
        }

        // Whoever is after somebody else's mailbox is not told that it has had enough.
        if (opening == SignupOpening.Opened)
        {
            await emails.SendAsync(Message(signup, token), cancellationToken);
        }

        return true;
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
