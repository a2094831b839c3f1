using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>
/// What is kept of a token: a slow hash with its versioned parameters, and a short keyed pre-check, so that a wrong
/// secret never buys hash work.
/// </summary>
public sealed record TokenSeal(byte[] Hash, string HashParameters, byte[] PreCheck);

public interface ITokenSealer
{
    ValueTask<TokenSeal> SealAsync(ScimToken token, CancellationToken cancellationToken);
}
