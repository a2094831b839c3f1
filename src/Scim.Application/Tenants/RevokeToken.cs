using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>Effective on every replica within a second.</summary>
/// <param name="ClientId">The client whose token it must be; null for whichever it is.</param>
public sealed record RevokeToken(string TokenId, Guid? ClientId = null) : ICommand<Unit>;

internal sealed class RevokeTokenValidator : AbstractValidator<RevokeToken>
{
    public RevokeTokenValidator() => RuleFor(x => x.TokenId).NotEmpty();
}

internal sealed class RevokeTokenHandler(IClientStore clients, RequestContext request, TimeProvider clock)
    : IRequestHandler<RevokeToken, Unit>
{
    public async Task<Unit> Handle(RevokeToken command, CancellationToken cancellationToken)
    {
        if (command.TokenId.StartsWith(ScimToken.Prefix, StringComparison.Ordinal))
        {
            throw ScimError.InvalidValue("Name the token by its id, the part between the first two underscores.");
        }

        await clients.RevokeTokenAsync(
            command.TokenId,
            clock.Now(),
            client =>
            {
                if (command.ClientId is { } id && id != client.VisibleTo(request).Id)
                {
                    throw ScimError.NotFound("Live token", command.TokenId);
                }
            },
            cancellationToken
        );
        return Unit.Value;
    }
}
