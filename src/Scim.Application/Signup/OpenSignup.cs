using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;
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

/// <summary>A request that waits for its proof.</summary>
public sealed record PendingSignup(
    Guid Id,
    string Email,
    string Slug,
    string Name,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt
)
{
    public override string ToString() => $"{nameof(PendingSignup)} {Id:D}";
}

public interface ISignupStore
{
    /// <summary>
    /// Keeps the request, and with it the job that sends its message, if the address has not had as many as it gets in a day.
    /// False when the network has made too many.
    /// </summary>
    Task<bool> OpenAsync(PendingSignup signup, CancellationToken cancellationToken);

    /// <summary>The token of this hash is the request's from now on, and none before it; null when the request is gone.</summary>
    Task<PendingSignup?> GiveTokenAsync(
        JobLease lease,
        byte[] tokenHash,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );

    Task<PendingSignup?> FindAsync(byte[] tokenHash, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Runs the work in one transaction that also spends the token; false when that was spent before.</summary>
    Task<bool> SpendAsync(byte[] tokenHash, Func<Task> work, CancellationToken cancellationToken);
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

internal sealed class OpenSignupHandler(ISignupStore signups, SignupPolicy policy, TimeProvider clock)
    : IRequestHandler<OpenSignup, bool>
{
    public async Task<bool> Handle(OpenSignup command, CancellationToken cancellationToken)
    {
        policy.RequireEnabled();
        var now = clock.Now();
        var signup = new PendingSignup(
            Guid.CreateVersion7(now),
            command.Email!,
            command.Slug!,
            string.IsNullOrWhiteSpace(command.Name) ? command.Slug! : command.Name.Trim(),
            now,
            now + SignupPolicy.TokenLife
        );
        return await signups.OpenAsync(signup, cancellationToken)
            ? true
            : throw ScimError.TooManyRequests(3600, "Too many have signed up from this network; try again later.");
    }
}
