using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Resources;

namespace Scim.Application.Users;

/// <summary>GET /Users/{id} (RFC 7644 §3.4.1).</summary>
public sealed record GetUser(ResourceId Id) : IQuery<StoredResource>;

internal sealed class GetUserHandler(IUserStore users) : IRequestHandler<GetUser, StoredResource>
{
    public async Task<StoredResource> Handle(GetUser query, CancellationToken cancellationToken) =>
        await users.ReadAsync(query.Id, cancellationToken) ?? throw ScimError.NotFound("User", query.Id.ToString());
}
