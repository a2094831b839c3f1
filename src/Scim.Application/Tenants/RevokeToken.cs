using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>Effective on every replica within a second.</summary>
public sealed record RevokeToken(string TokenId) : ICommand<Unit>;

internal sealed class RevokeTokenValidator : AbstractValidator<RevokeToken>
{
    public RevokeTokenValidator() => RuleFor(x => x.TokenId).NotEmpty();
}

internal sealed class RevokeTokenHandler(IClientStore clients, TimeProvider clock) : IRequestHandler<RevokeToken, Unit>
{
    public async Task<Unit> Handle(RevokeToken request, CancellationToken cancellationToken)
    {
        if (request.TokenId.StartsWith(ScimToken.Prefix, StringComparison.Ordinal))
        {
            throw ScimError.InvalidValue("Name the token by its id, the part between the first two underscores.");
        }

        await clients.RevokeTokenAsync(request.TokenId, clock.Now(), cancellationToken);
        return Unit.Value;
    }
}
