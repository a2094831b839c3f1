using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Resources;

namespace Scim.Application.Groups;

/// <summary>GET /Groups/{id} without its members.</summary>
public sealed record GetGroup(ResourceId Id) : IQuery<StoredResource>;

/// <summary>GET /Groups/{id} with its members, handed over as they are read (see <see cref="IGroupStore.StreamAsync"/>).</summary>
public sealed record StreamGroup(
    ResourceId Id,
    Func<StoredResource, ValueTask<bool>> Head,
    Func<ReadOnlyMemory<MemberOfGroup>, ValueTask> Members
) : IQuery<Unit>;

internal sealed class GetGroupHandler(IGroupStore groups) : IRequestHandler<GetGroup, StoredResource>
{
    public async Task<StoredResource> Handle(GetGroup query, CancellationToken cancellationToken) =>
        await groups.ReadAsync(query.Id, cancellationToken) ?? throw ScimError.NotFound("Group", query.Id.ToString());
}

internal sealed class StreamGroupHandler(IGroupStore groups) : IRequestHandler<StreamGroup, Unit>
{
    public async Task<Unit> Handle(StreamGroup query, CancellationToken cancellationToken) =>
        await groups.StreamAsync(query.Id, query.Head, query.Members, cancellationToken)
            ? Unit.Value
            : throw ScimError.NotFound("Group", query.Id.ToString());
}
