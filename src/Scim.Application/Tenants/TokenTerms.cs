using FluentValidation;

namespace Scim.Application.Tenants;

/// <summary>For how long a new token lives, and those that it replaces.</summary>
/// <param name="ExpiresAt">Null for never.</param>
/// <param name="GraceSeconds">For how long the other live tokens go on; 0 ends them at once.</param>
public sealed record TokenTerms(DateTimeOffset? ExpiresAt = null, int? GraceSeconds = null)
{
    public const int DefaultGraceSeconds = 24 * 3600;
    public const int MaxGraceSeconds = 30 * 24 * 3600;
    public const string ExpiryRule = "lies in the future, by no more than 3650 days";

    private const int MaxDays = 3650;

    internal static bool IsGoodExpiry(DateTimeOffset? at, TimeProvider clock) =>
        at is null || (at > clock.GetUtcNow() && at < clock.GetUtcNow().AddDays(MaxDays));
}

internal sealed class TokenTermsValidator : AbstractValidator<TokenTerms>
{
    public TokenTermsValidator(TimeProvider clock)
    {
        RuleFor(x => x.ExpiresAt).Must(at => TokenTerms.IsGoodExpiry(at, clock)).WithMessage(TokenTerms.ExpiryRule);
        RuleFor(x => x.GraceSeconds).InclusiveBetween(0, TokenTerms.MaxGraceSeconds);
    }
}
