using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Domain.Errors;
using Scim.Domain.Operators;

namespace Scim.Application.ApiKeys;

public sealed record CreateApiKey(string? Name, IReadOnlyList<string?>? Scopes, DateTimeOffset? ExpiresAt)
    : ICommand<IssuedApiKey>;

/// <summary>The one and only time that the key's text is seen.</summary>
public sealed record IssuedApiKey(ApiKey Key, string Value)
{
    public override string ToString() => $"{nameof(IssuedApiKey)} {Key.Id:D}";
}

internal sealed class CreateApiKeyValidator : AbstractValidator<CreateApiKey>
{
    private const int MaxNameLength = 100;
    private const int MaxDays = 3650;

    public CreateApiKeyValidator(TimeProvider clock)
    {
        RuleFor(x => x.Name).NotEmpty().MaximumLength(MaxNameLength);
        RuleFor(x => x.Scopes)
            .NotEmpty()
            .Must(scopes => scopes is null || scopes.All(scope => scope is not null && PermissionNames.IsKnown(scope)))
            .WithMessage($"may name {string.Join(", ", PermissionNames.All)}");
        RuleFor(x => x.ExpiresAt)
            .Must(at => at is null || (at > clock.GetUtcNow() && at < clock.GetUtcNow().AddDays(MaxDays)))
            .WithMessage($"lies in the future, by no more than {MaxDays} days");
    }
}

internal sealed class CreateApiKeyHandler(IApiKeyStore keys, RequestContext request, TimeProvider clock)
    : IRequestHandler<CreateApiKey, IssuedApiKey>
{
    private const int DefaultDays = 365;

    // Rotation overlaps: two keys are enough to bring out the new one before the old one goes.
    private const int MaxLive = 2;

    public async Task<IssuedApiKey> Handle(CreateApiKey command, CancellationToken cancellationToken)
    {
        var permissions = PermissionNames.Parse(command.Scopes!.OfType<string>());
        if (request.Admin is { } caller && (permissions & ~caller.Permissions) != Permissions.None)
        {
            throw ScimError.Refused(
                403,
                "insufficient-permission",
                "These scopes allow more than your own credential does."
            );
        }

        SteppedUp.Require(request, clock);
        var now = clock.Now();
        var value = OpaqueToken.Generate(OpaqueToken.ApiKey);
        var key = new ApiKey(
            Guid.CreateVersion7(now),
            command.Name!.Trim(),
            PermissionNames.Of(permissions),
            now,
            command.ExpiresAt?.ToUniversalTime() ?? now.AddDays(DefaultDays),
            LastUsedAt: null
        );
        await keys.AddAsync(key, OpaqueToken.Hash(value), MaxLive, cancellationToken);
        return new IssuedApiKey(key, value);
    }
}
