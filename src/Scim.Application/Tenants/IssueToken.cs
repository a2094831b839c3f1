using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>Another token for a client; null <paramref name="ExpiresIn"/> means that it does not expire.</summary>
public sealed record IssueToken(Guid ClientId, TimeSpan? ExpiresIn) : ICommand<IssuedToken>
{
    /// <summary>In the place of <see cref="ExpiresIn"/>; without a time of grace the other tokens stay as they are.</summary>
    public TokenTerms? Terms { get; init; }
}

/// <summary>A new token in the place of the old one, which goes on for a time of grace.</summary>
public sealed record RotateToken(Guid ClientId, TokenTerms Terms) : ICommand<IssuedToken>;

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
    public IReadOnlyList<ReplacedToken> Replaced { get; private init; } = [];

    internal static IssuedToken Of(ScimClient client, ScimToken token, NewToken stored) =>
        new(
            client.TenantId,
            client.TenantSlug,
            client.Id,
            token.Id,
            token.Text,
            client.Scopes,
            client.Profile.Name,
            stored.ExpiresAt
        );

    internal static IssuedToken Of(ScimClient client, ScimToken token, TokenIssue issue) =>
        Of(client, token, issue.Token) with
        {
            Replaced = issue.Replaced,
        };

    // A record prints its properties; this one holds a secret.
    public override string ToString() => $"{nameof(IssuedToken)} {TokenId}";
}

internal sealed class IssueTokenValidator : AbstractValidator<IssueToken>
{
    public IssueTokenValidator(TimeProvider clock)
    {
        RuleFor(x => x.ExpiresIn).GreaterThan(TimeSpan.Zero);
        RuleFor(x => x.Terms).SetValidator(new TokenTermsValidator(clock)!);
    }
}

internal sealed class RotateTokenValidator : AbstractValidator<RotateToken>
{
    public RotateTokenValidator(TimeProvider clock) =>
        RuleFor(x => x.Terms).SetValidator(new TokenTermsValidator(clock));
}

internal sealed class IssueTokenHandler(
    IClientStore clients,
    ITokenSealer sealer,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<IssueToken, IssuedToken>, IRequestHandler<RotateToken, IssuedToken>
{
    private const int MaxLiveTokens = 2;

    public Task<IssuedToken> Handle(IssueToken command, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var expiresAt = command.Terms is { } terms ? terms.ExpiresAt : now + command.ExpiresIn;
        return IssueAsync(
            command.ClientId,
            expiresAt,
            now,
            (client, token) =>
                client.LiveTokens.Count >= MaxLiveTokens
                    ? throw Full(client)
                    : new TokenIssue(
                        token,
                        "token.issue",
                        command.Terms?.GraceSeconds is { } grace ? Retire(client.LiveTokens, grace, now) : []
                    ),
            cancellationToken
        );
    }

    public Task<IssuedToken> Handle(RotateToken command, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var grace = command.Terms.GraceSeconds ?? TokenTerms.DefaultGraceSeconds;
        return IssueAsync(
            command.ClientId,
            command.Terms.ExpiresAt,
            now,
            (client, token) => new TokenIssue(token, "token.rotate", Rotate(client, grace, now)),
            cancellationToken
        );
    }

    private async Task<IssuedToken> IssueAsync(
        Guid clientId,
        DateTimeOffset? expiresAt,
        DateTimeOffset now,
        Func<ScimClient, NewToken, TokenIssue> decide,
        CancellationToken cancellationToken
    )
    {
        var token = ScimToken.Generate();
        var seal = await sealer.SealAsync(token, cancellationToken);
        var stored = new NewToken(token.Id, seal, now, expiresAt?.ToUniversalTime());
        TokenIssue? issue = null;
        var client = await clients.IssueTokenAsync(
            clientId,
            now,
            client => issue = decide(client.VisibleTo(request), stored),
            cancellationToken
        );
        return IssuedToken.Of(client, token, issue!);
    }

    // Of two, the one that was replaced before makes room. Two that nobody replaced may both be in use.
    private static IReadOnlyList<ReplacedToken> Rotate(ScimClient client, int grace, DateTimeOffset now)
    {
        if (client.LiveTokens.Count < MaxLiveTokens)
        {
            return Retire(client.LiveTokens, grace, now);
        }

        var oldest = client.LiveTokens.FirstOrDefault(live => live.ReplacedAt is not null) ?? throw Full(client);
        return
        [
            new ReplacedToken(oldest.Id, now),
            .. Retire(client.LiveTokens.Where(live => live != oldest), grace, now),
        ];
    }

    private static IReadOnlyList<ReplacedToken> Retire(IEnumerable<LiveToken> live, int grace, DateTimeOffset now)
    {
        var end = now.AddSeconds(grace);
        return
        [
            .. live.Select(token => new ReplacedToken(token.Id, token.ExpiresAt < end ? token.ExpiresAt.Value : end)),
        ];
    }

    // Rotation overlaps: two tokens are enough to bring out the new one before the old one goes.
    private static ScimException Full(ScimClient client)
    {
        var idlest = client.LiveTokens.MinBy(live => live.LastUsedAt ?? DateTimeOffset.MinValue)!;
        var use = idlest.LastUsedAt is { } at ? $"last used {at:u}" : $"issued {idlest.CreatedAt:u}, never used";
        var others = string.Join(", ", client.LiveTokens.Where(live => live != idlest).Select(live => live.Id));
        return ScimError.Conflict(
            $"Client {client.Id:D} already has {client.LiveTokens.Count} live tokens. "
                + $"Revoke {idlest.Id} ({use}) first; {others} stays live."
        );
    }
}
