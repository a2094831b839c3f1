using MediatR;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Application.Search;
using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Infrastructure.Persistence.Groups;

namespace Scim.Infrastructure.Persistence.Search;

/// <summary>
/// Lists and searches. Pages are read by keyset or offset over (type, sort value, sequence); the total is known from a
/// short page, from the tenant's counters, or from a count that runs only when a full page leaves it open.
/// </summary>
internal sealed class SearchResourcesHandler(
    ITenantSession session,
    ISchemaCatalog schemas,
    CursorCodec cursors,
    DataPlaneLimits limits,
    RequestContext request
) : IRequestHandler<SearchResources, SearchResult>
{
    private static string ManyMembers(ISqlDialect dialect) =>
        $"""
            select gm.group_id, gm.user_id, u.display from group_members gm
              join users u on u.tenant_id = gm.tenant_id and u.id = gm.user_id
             where gm.tenant_id = $1 and {dialect.AnyUuid("gm.group_id", 2)}
             order by gm.group_id, gm.user_id
            """;

    private static string ManyNestings(ISqlDialect dialect) =>
        $"""
            select gn.group_id, gn.child_id, g.display from group_nestings gn
              join groups g on g.tenant_id = gn.tenant_id and g.id = gn.child_id
             where gn.tenant_id = $1 and {dialect.AnyUuid("gn.group_id", 2)}
             order by gn.group_id, gn.child_id
            """;

    public async Task<SearchResult> Handle(SearchResources query, CancellationToken cancellationToken)
    {
        var catalog = await schemas.GetAsync(cancellationToken);
        var search = query.Request;
        var lenient = query.ResourceTypes.Count > 1;
        var parts = query
            .ResourceTypes.Select(
                (name, index) =>
                    SearchPart.Create(index, catalog.Find(name)!, search, session, request, limits, lenient)
            )
            .ToArray();
        if (lenient && search.Filter is not null && parts.All(part => IsUnknown(part.Filter!)))
        {
            // Only unknown attributes: report it as a search of one type would.
            FilterParser.Parse(search.Filter, parts[0].Schema, request.Deviations, limits.Filter);
        }

        var count = Math.Clamp(search.Count ?? limits.DefaultPageSize, 0, limits.MaxPageSize);
        return search.Cursor is null
            ? await ByIndexAsync(parts, Math.Max(1, search.StartIndex), count, cancellationToken)
            : await ByCursorAsync(parts, query, count, cancellationToken);
    }

    /// <summary>A page that takes several statements is of one snapshot: a group's version and members must agree.</summary>
    private Task<T> ReadAsync<T>(SearchPart[] parts, Func<Task<T>> work, CancellationToken cancellationToken) =>
        IsMerged(parts) || parts.Any(part => MemberProjection.Of(part.Schema, part.Projection) is not null)
            ? session.SnapshotAsync(work, cancellationToken)
            : work();

    private static bool IsUnknown(Filter filter) =>
        filter switch
        {
            Filter.Constant => true,
            Filter.And and => IsUnknown(and.Left) && IsUnknown(and.Right),
            Filter.Or or => IsUnknown(or.Left) && IsUnknown(or.Right),
            Filter.Not not => IsUnknown(not.Inner),
            _ => false,
        };

    private Task<SearchResult> ByIndexAsync(
        SearchPart[] parts,
        long startIndex,
        int count,
        CancellationToken cancellationToken
    ) => ReadAsync(parts, () => IndexPageAsync(parts, startIndex, count, cancellationToken), cancellationToken);

    private async Task<SearchResult> IndexPageAsync(
        SearchPart[] parts,
        long startIndex,
        int count,
        CancellationToken cancellationToken
    )
    {
        if (IsMerged(parts))
        {
            var (merged, _) = await MergedAsync(parts, null, startIndex - 1, count, cancellationToken);
            var matching = await TotalAsync(parts, cancellationToken);
            return new SearchResult(matching, await WithMembersAsync(merged, cancellationToken), startIndex, null);
        }

        var page = new List<FoundResource>();
        var total = 0L;
        var skip = startIndex - 1;
        foreach (var part in parts)
        {
            var wanted = count - page.Count;
            var (found, counted) =
                wanted > 0 ? await PageAsync(part, null, skip, wanted, cancellationToken) : ([], null);
            page.AddRange(found);
            // A short, non-empty page, or a short first one, tells the total; otherwise it is counted.
            var known = wanted > 0 && found.Count < wanted && (found.Count > 0 || skip == 0);
            var matches = known ? skip + found.Count : counted ?? await TotalAsync(part, cancellationToken);
            total += matches;
            skip = Math.Max(0, skip - matches);
        }

        return new SearchResult(total, await WithMembersAsync(page, cancellationToken), startIndex, null);
    }

    private async Task<SearchResult> ByCursorAsync(
        SearchPart[] parts,
        SearchResources query,
        int count,
        CancellationToken cancellationToken
    )
    {
        var search = query.Request;
        var binding = string.Join(
            '\n',
            [
                string.Join(',', query.ResourceTypes),
                search.Filter ?? "",
                search.SortBy ?? "",
                search.Descending ? "d" : "a",
            ]
        );
        if (search.Count > limits.MaxPageSize)
        {
            throw ScimError.InvalidCount($"count must be between 0 and {limits.MaxPageSize} (RFC 9865 §2.1).");
        }

        var position =
            search.Cursor!.Length == 0
                ? null
                : await cursors.UnprotectAsync(search.Cursor, session.Tenant, binding, count, cancellationToken);
        var (result, last) = await ReadAsync(
            parts,
            () => CursorPageAsync(parts, position, count, cancellationToken),
            cancellationToken
        );
        return last is null
            ? result
            : result with
            {
                NextCursor = await cursors.ProtectAsync(last, session.Tenant, binding, count, cancellationToken),
            };
    }

    /// <returns>The page, and the position of its last resource when there are more behind it.</returns>
    private async Task<(SearchResult Page, CursorPosition? Last)> CursorPageAsync(
        SearchPart[] parts,
        CursorPosition? position,
        int count,
        CancellationToken cancellationToken
    )
    {
        if (IsMerged(parts))
        {
            var (merged, last) = await MergedAsync(parts, position, 0, count, cancellationToken);
            return (await ResultAsync(await TotalAsync(parts, cancellationToken), merged), last);
        }

        var page = new List<FoundResource>();
        var total = 0L;
        var more = false;
        foreach (var part in parts)
        {
            var wanted = count - page.Count;
            var passed = position is not null && part.Index < position.Type;
            var (found, counted) =
                passed || more
                    ? ([], null)
                    : await PageAsync(
                        part,
                        part.Index == position?.Type ? position : null,
                        0,
                        wanted + 1,
                        cancellationToken
                    );
            if (found.Count > wanted)
            {
                more = true;
                found.RemoveAt(found.Count - 1);
            }

            page.AddRange(found);
            var whole = position is null && !more && found.Count < wanted;
            total += whole ? found.Count : counted ?? await TotalAsync(part, cancellationToken);
        }

        var result = await ResultAsync(total, page);
        if (!more || page.Count == 0)
        {
            return (result, null);
        }

        var end = page[^1];
        var owner = Array.Find(parts, part => ReferenceEquals(part.Schema, end.Schema))!;
        return (result, PositionOf(owner.Index, end.Resource.Sequence, end.Resource.SortKey));

        async Task<SearchResult> ResultAsync(long matching, List<FoundResource> found) =>
            new(matching, await WithMembersAsync(found, cancellationToken), null, null);
    }

    private static CursorPosition PositionOf(int type, long sequence, string? key) =>
        new(type, sequence, key is not null, key);

    /// <returns>The page, and the total where counting is no scan, so that it comes with the page.</returns>
    private Task<(List<FoundResource> Found, long? Total)> PageAsync(
        SearchPart part,
        CursorPosition? after,
        long skip,
        int count,
        CancellationToken cancellationToken
    )
    {
        List<Arg> args = [Arg.Uuid(session.Tenant.Value)];
        List<Statement> statements = [new(part.PageSql(args, after, skip, count, session.Dialect), [.. args])];
        if (part.Filter is null)
        {
            statements.Add(Total(part));
        }

        return session.QueryAsync(
            statements,
            async rows =>
            {
                var found = await part.ReadPageAsync(rows, isSorted: true);
                var isCounted = await rows.NextAsync() && await rows.ReadAsync();
                return (found, isCounted ? rows.Int(0) : (long?)null);
            },
            cancellationToken
        );
    }

    // Several types under one order must be read as one relation.
    private static bool IsMerged(SearchPart[] parts) => parts.Length > 1 && parts.Any(part => part.Sort is not null);

    /// <returns>The page, and the position of its last resource when there are more behind it.</returns>
    private async Task<(List<FoundResource> Page, CursorPosition? Last)> MergedAsync(
        SearchPart[] parts,
        CursorPosition? after,
        long skip,
        int count,
        CancellationToken cancellationToken
    )
    {
        if (count == 0)
        {
            return ([], null);
        }

        List<Arg> args = [Arg.Uuid(session.Tenant.Value)];
        var sorted = parts.First(part => part.Sort is not null);
        var relations = parts.Select(part => part.Relation(args, after, sorted, session.Dialect)).ToArray();
        args.AddRange([Arg.Int(count + 1), Arg.Int(skip)]);
        var sql = MergedPage.Sql(relations, session.Dialect, $"${args.Count - 1}", $" offset ${args.Count}");
        var rank = await session.QueryAsync(
            [new Statement(sql, [.. args])],
            async rows =>
            {
                var found = new List<(int Type, Guid Id, long Sequence, string? Key)>();
                while (await rows.ReadAsync())
                {
                    found.Add(((int)rows.Int(0), rows.Uuid(1), rows.Int(2), sorted.ReadKey(rows, 3)));
                }

                return found;
            },
            cancellationToken
        );
        CursorPosition? last = null;
        if (rank.Count > count)
        {
            rank.RemoveAt(count);
            last = PositionOf(rank[^1].Type, rank[^1].Sequence, rank[^1].Key);
        }

        var resources = new Dictionary<Guid, FoundResource>();
        foreach (var part in parts)
        {
            var ids = rank.Where(row => row.Type == part.Index).Select(row => row.Id).ToArray();
            foreach (var found in ids.Length == 0 ? [] : await ByIdAsync(part, ids, cancellationToken))
            {
                resources[found.Resource.Id] = found;
            }
        }

        return ([.. rank.Select(row => resources[row.Id])], last);
    }

    private Task<List<FoundResource>> ByIdAsync(SearchPart part, Guid[] ids, CancellationToken cancellationToken) =>
        session.QueryAsync(
            [new Statement(part.ByIdsSql(session.Dialect), Arg.Uuid(session.Tenant.Value), Arg.Uuids(ids))],
            rows => part.ReadPageAsync(rows, isSorted: false),
            cancellationToken
        );

    private async Task<long> TotalAsync(SearchPart[] parts, CancellationToken cancellationToken)
    {
        var total = 0L;
        foreach (var part in parts)
        {
            total += await TotalAsync(part, cancellationToken);
        }

        return total;
    }

    private Task<long> TotalAsync(SearchPart part, CancellationToken cancellationToken) =>
        session.QueryAsync(
            [Total(part)],
            static async rows => await rows.ReadAsync() ? rows.Int(0) : 0,
            cancellationToken
        );

    private Statement Total(SearchPart part)
    {
        List<Arg> args = [Arg.Uuid(session.Tenant.Value)];
        var sql = part.TotalSql(args, session.Dialect);
        return new Statement(sql, [.. args]);
    }

    private async Task<List<FoundResource>> WithMembersAsync(
        List<FoundResource> page,
        CancellationToken cancellationToken
    )
    {
        var groups = page.Where(found => MemberProjection.Of(found.Schema, found.Projection) is not null)
            .Select(found => found.Resource.Id)
            .ToArray();
        if (groups.Length == 0)
        {
            return page;
        }

        var members = await session.QueryAsync(
            [
                new Statement(ManyMembers(session.Dialect), Arg.Uuid(session.Tenant.Value), Arg.Uuids(groups)),
                new Statement(ManyNestings(session.Dialect), Arg.Uuid(session.Tenant.Value), Arg.Uuids(groups)),
            ],
            async rows =>
            {
                var byGroup = groups.ToDictionary(id => id, _ => new List<MemberOfGroup>());
                for (var isGroup = false; ; isGroup = true)
                {
                    while (await rows.ReadAsync())
                    {
                        var group = rows.Uuid(0);
                        byGroup[group].Add(new MemberOfGroup(rows.Uuid(1), isGroup, rows.TextOrNull(2)));
                    }

                    if (isGroup)
                    {
                        return byGroup;
                    }

                    await rows.NextAsync();
                }
            },
            cancellationToken
        );
        return
        [
            .. page.Select(found =>
                members.TryGetValue(found.Resource.Id, out var list) ? found with { Members = list } : found
            ),
        ];
    }
}
