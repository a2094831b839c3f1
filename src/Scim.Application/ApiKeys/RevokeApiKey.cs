using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Application.ApiKeys;

public sealed record RevokeApiKey(Guid Id) : ICommand<bool>;

internal sealed class RevokeApiKeyHandler(IApiKeyStore keys, TimeProvider clock) : IRequestHandler<RevokeApiKey, bool>
{
    public async Task<bool> Handle(RevokeApiKey command, CancellationToken cancellationToken) =>
        await keys.RevokeAsync(command.Id, clock.Now(), cancellationToken)
            ? true
            : throw ScimError.NotFound("Live API key", command.Id.ToString("D"));
}

/// <summary>The keys that are not revoked, oldest first.</summary>
public sealed record ListApiKeys(Guid After, int Limit) : IQuery<IReadOnlyList<ApiKey>>;
