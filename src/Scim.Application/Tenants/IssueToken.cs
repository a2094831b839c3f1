using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>Another token for a client; null <paramref name="ExpiresIn"/> means that it does not expire.</summary>
public sealed record IssueToken(Guid ClientId, TimeSpan? ExpiresIn) : ICommand<IssuedToken>;

/// <summary>The one and only time that the token's text is seen.</summary>
public sealed record IssuedToken(
    TenantId TenantId,
    string TenantSlug,
    Guid ClientId,
    string TokenId,
    string Token,
    Scopes Scopes,
    string Profile,
    DateTimeOffset? ExpiresAt
)
{
    internal static IssuedToken Of(ScimClient client, ScimToken token, DateTimeOffset? expiresAt) =>
        new(
            client.TenantId,
            client.TenantSlug,
            client.Id,
            token.Id,
            token.Text,
            client.Scopes,
            client.Profile.Name,
            expiresAt
        );

    // A record prints its properties; this one holds a secret.
    public override string ToString() => $"{nameof(IssuedToken)} {TokenId}";
}

internal sealed class IssueTokenValidator : AbstractValidator<IssueToken>
{
    public IssueTokenValidator() => RuleFor(x => x.ExpiresIn).GreaterThan(TimeSpan.Zero);
}

internal sealed class IssueTokenHandler(IClientStore clients, ITokenSealer sealer, TimeProvider clock)
    : IRequestHandler<IssueToken, IssuedToken>
{
    private const int MaxLiveTokens = 2;

    public async Task<IssuedToken> Handle(IssueToken request, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var token = ScimToken.Generate();
        var stored = new NewToken(
            token.Id,
            await sealer.SealAsync(token, cancellationToken),
            now,
            now + request.ExpiresIn
        );
        var client = await clients.IssueTokenAsync(
            request.ClientId,
            now,
            client => Admit(client, stored),
            cancellationToken
        );
        return IssuedToken.Of(client, token, stored.ExpiresAt);
    }

    // Rotation overlaps: two tokens are enough to bring out the new one before the old one goes.
    private static NewToken Admit(ScimClient client, NewToken token)
    {
        if (client.LiveTokens.Count < MaxLiveTokens)
        {
            return token;
        }

        var idlest = client.LiveTokens.MinBy(live => live.LastUsedAt ?? DateTimeOffset.MinValue)!;
        var use = idlest.LastUsedAt is { } at ? $"last used {at:u}" : $"issued {idlest.CreatedAt:u}, never used";
        var others = string.Join(", ", client.LiveTokens.Where(live => live != idlest).Select(live => live.Id));
        throw ScimError.Conflict(
            $"Client {client.Id:D} already has {client.LiveTokens.Count} live tokens. "
                + $"Revoke {idlest.Id} ({use}) first; {others} stays live."
        );
    }
}
