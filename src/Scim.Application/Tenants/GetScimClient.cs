using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Application.Tenants;

/// <summary>The clients that the caller may see, oldest first, after the one named; of all tenants where none is named.</summary>
public sealed record ListScimClients(Guid? TenantId, Guid After, int Limit) : IQuery<IReadOnlyList<ScimClient>>;

public sealed record GetScimClient(Guid Id) : IQuery<ScimClient>;

internal sealed class GetScimClientHandler(IClientStore clients, RequestContext request, TimeProvider clock)
    : IRequestHandler<GetScimClient, ScimClient>
{
    public async Task<ScimClient> Handle(GetScimClient query, CancellationToken cancellationToken)
    {
        var client = await clients.FindAsync(query.Id, clock.Now(), cancellationToken);
        return client?.VisibleTo(request) ?? throw ScimError.NotFound("SCIM client", query.Id.ToString("D"));
    }
}
