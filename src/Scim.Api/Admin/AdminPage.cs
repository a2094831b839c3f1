using System.Globalization;
using Scim.Domain.Errors;

namespace Scim.Api.Admin;

/// <summary>Which part of a list is asked for: what comes after an id, so that a page costs the same wherever it is.</summary>
internal sealed record AdminPage(Guid After, int Limit)
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 500;

    /// <exception cref="ScimException">422 with every parameter that is wrong.</exception>
    public static AdminPage Of(HttpRequest request)
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
                _ => "is not a parameter of this list; it has limit, cursor",
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

    public IResult Show<T>(HttpRequest request, IReadOnlyList<T> found, Func<T, Guid> id, Func<T, object> shape)
    {
        List<T> items = [.. found.Take(Limit)];
        var next = found.Count > Limit ? $"{request.Path}?limit={Limit}&cursor={id(items[^1]):N}" : null;
        return AdminResults.Ok(new { items = items.Select(shape), next });
    }
}
