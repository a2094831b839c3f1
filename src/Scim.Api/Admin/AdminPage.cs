using System.Buffers.Binary;
using System.Globalization;
using Scim.Domain.Errors;

namespace Scim.Api.Admin;

/// <param name="Next">The path of the next page; null on the last one.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Which part of a list is asked for: what comes after an id, so that a page costs the same wherever it is.</summary>
internal sealed record AdminPage(Guid After, int Limit)
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 500;

    /// <param name="filters">The parameters that this list has besides; who calls reads them.</param>
    /// <exception cref="ScimException">422 with every parameter that is wrong.</exception>
    public static AdminPage Of(HttpRequest request, params string[] filters)
    {
        var errors = new Dictionary<string, string[]>();
        var (after, limit) = (Guid.Empty, DefaultLimit);
        foreach (var (name, values) in request.Query)
        {
            string? problem = name switch
            {
                "limit" => int.TryParse(values, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                && limit is > 0 and <= MaxLimit
                    ? null
                    : $"must be a whole number from 1 to {MaxLimit}",
                "cursor" => Guid.TryParseExact(values, "N", out after) ? null : "is none that this list gave out",
                _ => filters.Contains(name)
                    ? null
                    : $"is not a parameter of this list; it has {string.Join(", ", ["limit", "cursor", .. filters])}",
            };
            if (problem is not null)
            {
                errors[name.Length <= 64 ? name : name[..64]] = [problem];
            }
        }

        return errors.Count == 0 ? new AdminPage(after, limit) : throw ScimError.Invalid(errors);
    }

    /// <summary>One more than is shown: it tells whether there is a next page.</summary>
    public int Wanted => Limit + 1;

    public IResult Show<T, TAnswer>(
        HttpRequest request,
        IReadOnlyList<T> found,
        Func<T, Guid> id,
        Func<T, TAnswer> shape
    )
    {
        List<T> items = [.. found.Take(Limit)];
        var next = found.Count > Limit ? $"{request.Path}{QueryAfter(request, id(items[^1]))}" : null;
        return AdminResults.Ok(new Page<TAnswer>([.. items.Select(shape)], next));
    }

    /// <summary>A cursor of rows that are known by a number.</summary>
    public static Guid CursorOf(long place)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], place);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The number; 0 on the first page.</summary>
    public static long PlaceOf(Guid cursor) =>
        Math.Max(0, BinaryPrimitives.ReadInt64BigEndian(cursor.ToByteArray(bigEndian: true).AsSpan(8)));

    private QueryString QueryAfter(HttpRequest request, Guid last) =>
        QueryString.Create([
            .. request.Query.Where(parameter => parameter.Key is not ("limit" or "cursor")),
            new("limit", Limit.ToString(CultureInfo.InvariantCulture)),
            new("cursor", last.ToString("N")),
        ]);
}
