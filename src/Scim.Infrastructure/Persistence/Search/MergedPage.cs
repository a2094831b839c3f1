using System.Globalization;

namespace Scim.Infrastructure.Persistence.Search;

/// <summary>
/// One order over several resource types (RFC 7644 §3.4.2.1 with §3.4.2.3): by sort value, then type, then sequence. The
/// page is found by one statement over the types, which gives ids; the resources are then read by type.
/// </summary>
internal static class MergedPage
{
    /// <summary>Gives type, id and sort value, in order.</summary>
    /// <param name="parts">Of each type its table, condition and order; no order when it lacks the attribute.</param>
    public static string Sql(
        IReadOnlyList<(int Type, string Table, string Where, Sort? Sort)> parts,
        ISqlDialect dialect,
        string limit,
        string offset
    )
    {
        var order = parts.Select(part => part.Sort).First(sort => sort is not null)!;
        var selects = parts.Select(part =>
            $"select {part.Type.ToString(CultureInfo.InvariantCulture)} as t, r.id as id, r.seq as s, {part.Sort?.Sql ?? "null"} as k from {part.Table} r where {part.Where}"
        );
        var key = order.Kind == SortKind.Text ? dialect.Ordered("u.k") : "u.k";
        var direction = order.Descending ? " desc" : "";
        return $"select u.t, u.id, u.s, u.k from ({string.Join(" union all ", selects)}) as u"
            + $" order by (u.k is null){direction}, {key}{direction}, u.t, u.s limit {limit}{offset}";
    }

    /// <summary>Condition on a row of one type: it comes after a position that another type, or the same, holds.</summary>
    /// <param name="type">Of the row.</param>
    /// <param name="sort">Null when the type lacks the attribute, which then has no value in any row.</param>
    /// <param name="descending">The direction of the whole search.</param>
    /// <param name="key">Placeholder of the position's sort value; null when it has none.</param>
    /// <param name="sequence">Placeholder of the position's sequence.</param>
    public static string After(
        int type,
        Sort? sort,
        bool descending,
        CursorPosition position,
        string? key,
        string sequence
    )
    {
        var tie =
            type == position.Type ? $"r.seq > {sequence}"
            : type > position.Type ? "1 = 1"
            : "1 = 0";
        if (sort is null)
        {
            return key is null ? tie
                : descending ? "1 = 0"
                : "1 = 1";
        }

        if (key is null)
        {
            return descending
                ? $"(({sort.Sql} is null and {tie}) or {sort.Sql} is not null)"
                : $"({sort.Sql} is null and {tie})";
        }

        return descending
            ? $"({sort.Sql} < {key} or ({sort.Sql} = {key} and {tie}))"
            : $"({sort.Sql} > {key} or ({sort.Sql} = {key} and {tie}) or {sort.Sql} is null)";
    }
}
