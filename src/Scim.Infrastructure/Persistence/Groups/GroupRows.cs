using System.Collections.Concurrent;
using Scim.Domain.Resources;

namespace Scim.Infrastructure.Persistence.Groups;

/// <summary>How a group is read from row <c>r</c>, without members.</summary>
internal static class GroupRows
{
    public const int Columns = 6;

    private static readonly ConcurrentDictionary<string, string> ByIdSql = new();

    private static readonly string RowVersion = $"{Select("r.version")} where r.tenant_id = $1 and r.id = $2";

    /// <summary>One group by $1 tenant and $2 id, as <see cref="Users.UserRows.ById"/>.</summary>
    public static string ById(string rowLock = "") =>
        ByIdSql.GetOrAdd(
            rowLock,
            static rowLock =>
                $"{Select()} where r.tenant_id = $1 and r.id = $2{(rowLock.Length == 0 ? "" : $" {rowLock} of r")}"
        );

    /// <summary>The same with one column more: the version of the row alone, which its counters do not change.</summary>
    public static string WithRowVersion(string rowLock) =>
        rowLock.Length == 0 ? RowVersion : $"{RowVersion} {rowLock} of r";

    /// <param name="extra">One more column, for sorting.</param>
    public static string Select(string? extra = null) =>
        $"select r.id, r.document, {GroupCounters.Version}, r.created_at, {GroupCounters.LastModified}, r.seq{(extra is null ? "" : ", " + extra)} from groups r";

    public static StoredResource Read(Rows rows)
    {
        var id = rows.Uuid(0);
        var document = rows.Bytes(1);
        var version = rows.Int(2);
        var created = rows.Time(3);
        var lastModified = rows.Time(4);
        return new StoredResource(id, document, version, created, lastModified) { Sequence = rows.Int(5) };
    }
}
