using MediatR;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Application.Search;
using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Persistence.Groups;

namespace Scim.Infrastructure.Persistence.Search;

/// <summary>
/// Lists and searches. Pages are read by keyset or offset over (type, sort value, sequence); the total is known from a
/// short page or the tenant's counters, comes with the page where a part of a value is searched, or else is counted when a full
/// page leaves it open.
/// </summary>
internal sealed class SearchResourcesHandler(
    ITenantSession session,
    ISchemaCatalog schemas,
    CursorCodec cursors,
    DataPlaneLimits limits,
    RuntimeSettings settings,
    RequestContext request
) : IRequestHandler<SearchResources, Unit>
{
    private readonly PageMembers _members = new(session);

    public async Task<Unit> Handle(SearchResources query, CancellationToken cancellationToken)
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
        var position = search.Cursor is null ? null : await PositionAsync(query, count, cancellationToken);
        if (await ReadAsync(parts, ReadOrAnswerAsync, cancellationToken) is { } result)
        {
            await query.Answer(result);
        }

        return Unit.Value;

        // What can be held is answered when the connection is given back, however slowly the client takes it.
        async Task<SearchResult?> ReadOrAnswerAsync()
        {
            var page = search.Cursor is null
                ? await IndexPageAsync(parts, Math.Max(1, search.StartIndex), count, cancellationToken)
                : await CursorPageAsync(parts, query, position, count, cancellationToken);
            var (resources, areMany) = await _members.AddAsync(page.Resources, cancellationToken);
            page = page with { Resources = resources };
            if (!areMany)
            {
                return page;
            }

            await query.Answer(page);
            return null;
        }
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
            return new SearchResult(matching, merged, startIndex, null);
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

        return new SearchResult(total, page, startIndex, null);
    }

    /// <returns>Null for the first page.</returns>
    private async Task<CursorPosition?> PositionAsync(
        SearchResources query,
        int count,
        CancellationToken cancellationToken
    )
    {
        if (!settings.Of(session.Tenant).Cursors.Includes(session.Tenant))
        {
            throw ScimError.InvalidCursor("This service provider has no pages by cursor; use startIndex and count.");
        }

        if (query.Request.Count > limits.MaxPageSize)
        {
            throw ScimError.InvalidCount($"count must be between 0 and {limits.MaxPageSize} (RFC 9865 §2.1).");
        }

        return query.Request.Cursor!.Length == 0
            ? null
            : await cursors.UnprotectAsync(
                query.Request.Cursor,
                session.Tenant,
                Binding(query),
                count,
                cancellationToken
            );
    }

    /// <summary>What a cursor is good for.</summary>
    private static string Binding(SearchResources query) =>
        string.Join(
            '\n',
            [
                string.Join(',', query.ResourceTypes),
                query.Request.Filter ?? "",
                query.Request.SortBy ?? "",
                query.Request.Descending ? "d" : "a",
            ]
        );

    private async Task<SearchResult> CursorPageAsync(
        SearchPart[] parts,
        SearchResources query,
        CursorPosition? position,
        int count,
        CancellationToken cancellationToken
    )
    {
        var (page, last) = await CursorPageAsync(parts, position, count, cancellationToken);
        return last is null
            ? page
            : page with
            {
                NextCursor = await cursors.ProtectAsync(last, session.Tenant, Binding(query), count, cancellationToken),
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
            return (new SearchResult(await TotalAsync(parts, cancellationToken), merged, null, null), last);
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

        var result = new SearchResult(total, page, null, null);
        if (!more || page.Count == 0)
        {
            return (result, null);
        }

        var end = page[^1];
        var owner = Array.Find(parts, part => ReferenceEquals(part.Schema, end.Schema))!;
        return (result, PositionOf(owner.Index, end.Resource.Sequence, end.Resource.SortKey));
    }

    private static CursorPosition PositionOf(int type, long sequence, string? key) =>
        new(type, sequence, key is not null, key);

    /// <returns>The page, and the total where it comes with the page: from the tenant's counters, or of all that a search for a part of a value found.</returns>
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
                var (found, total) = await part.ReadPageAsync(rows);
                return (found, await rows.NextAsync() && await rows.ReadAsync() ? rows.Int(0) : total);
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
            part.ReadByIdsAsync,
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
}
