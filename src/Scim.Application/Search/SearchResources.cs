using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;

namespace Scim.Application.Search;

/// <summary>Parameters of a query (RFC 7644 §3.4.2, §3.4.3; RFC 9865 §2), as the client gave them.</summary>
public sealed record SearchRequest
{
    public string? Filter { get; init; }

    public string? SortBy { get; init; }

    public bool Descending { get; init; }

    /// <summary>1-based; below 1 counts as 1.</summary>
    public long StartIndex { get; init; } = 1;

    /// <summary>Null when not given; below 0 counts as 0.</summary>
    public int? Count { get; init; }

    /// <summary>Null for index pagination; empty for the first page of a cursor query.</summary>
    public string? Cursor { get; init; }

    public IReadOnlyList<string> Attributes { get; init; } = [];

    public IReadOnlyList<string> ExcludedAttributes { get; init; } = [];
}

/// <summary>A list or search. The handler stands beside its SQL (Infrastructure/Persistence/Search).</summary>
/// <param name="ResourceTypes">Names of the types to search: <c>User</c>, <c>Group</c>, or both for the base URI.</param>
/// <param name="Answer">Takes the page; members that are many are read while it runs, in the page's own snapshot.</param>
public sealed record SearchResources(
    IReadOnlyList<string> ResourceTypes,
    SearchRequest Request,
    Func<SearchResult, Task> Answer
) : IQuery<Unit>;

/// <summary>Hands a group's members over, in batches whose memory is used again.</summary>
public delegate Task MemberSource(Func<ReadOnlyMemory<MemberOfGroup>, ValueTask> take);

internal sealed class SearchResourcesValidator : AbstractValidator<SearchResources>
{
    public SearchResourcesValidator() => RuleFor(query => query.ResourceTypes).NotEmpty();
}

/// <summary>One page (RFC 7644 §3.4.2).</summary>
/// <param name="Total">Number of matches in all pages.</param>
/// <param name="StartIndex">Null for a page of a cursor query.</param>
/// <param name="NextCursor">Null when there are no more pages or the query is by index.</param>
public sealed record SearchResult(
    long Total,
    IReadOnlyList<FoundResource> Resources,
    long? StartIndex,
    string? NextCursor
);

/// <param name="Members">Of a group whose answer shows them; null otherwise.</param>
public sealed record FoundResource(
    ResourceSchema Schema,
    Projection Projection,
    StoredResource Resource,
    MemberSource? Members
);
