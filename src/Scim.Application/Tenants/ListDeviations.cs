using Scim.Application.Common;

namespace Scim.Application.Tenants;

/// <summary>
/// How a client was seen to depart from the RFCs, by kind; what the running servers counted last may be missing for ten
/// seconds. Refuses with 404 when there is no such client.
/// </summary>
public sealed record ListDeviations(Guid ClientId) : IQuery<IReadOnlyList<ListedDeviation>>;

/// <param name="Kind">The name of a <see cref="Domain.Tenants.Deviation"/>, of this version or an earlier one.</param>
/// <param name="Count">Requests that showed it.</param>
public sealed record ListedDeviation(string Kind, long Count, DateTimeOffset FirstSeen, DateTimeOffset LastSeen);
