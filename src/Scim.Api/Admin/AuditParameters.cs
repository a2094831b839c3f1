using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Scim.Application.Audit;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Api.Admin;

/// <summary>The parameters of the audit query, and of what else reads the journal by the same filter.</summary>
internal sealed record AuditParameters(AuditFilter Filter, AuditPosition? Before, int Limit, string? Format)
{
    public const int MaxLimit = 500;

    private const string TenantParameter = "tenantId";
    private const int DefaultLimit = 100;
    private const int MaxText = 256;

    private static readonly string[] Filters =
    [
        TenantParameter,
        "operation",
        "actor",
        "resourceId",
        "resourceType",
        "outcome",
        "requestId",
        "from",
        "to",
    ];

    private static readonly string[] Outcomes = ["success", "refused", "error"];

    /// <param name="others">What is understood beside the filter: limit, cursor, format.</param>
    /// <exception cref="ScimException">422 with every parameter that is wrong.</exception>
    public static AuditParameters Of(HttpRequest request, params string[] others) =>
        Read(request, [.. Filters, .. others]);

    /// <summary>Of a list without a filter.</summary>
    public static AuditParameters PageOf(HttpRequest request) => Read(request, ["limit", "cursor"]);

    /// <summary>Of a request that is about one tenant and has no other parameter.</summary>
    public static TenantId TenantOf(HttpRequest request)
    {
        var errors = request
            .Query.Keys.Where(name => name != TenantParameter)
            .ToDictionary(
                name => name.Length <= 64 ? name : name[..64],
                _ => new[] { $"is not a parameter of this request; it has {TenantParameter}" }
            );
        if (!Guid.TryParseExact(request.Query[TenantParameter], "D", out var tenant))
        {
            errors[TenantParameter] = ["must be the id of a tenant; that of the installation itself has zeros only"];
        }

        return errors.Count == 0 ? new TenantId(tenant) : throw ScimError.Invalid(errors);
    }

    /// <summary>The path of the next page, with the same filter.</summary>
    public static string? Next(HttpRequest request, AuditPosition? next)
    {
        if (next is not { } position)
        {
            return null;
        }

        var kept = request.Query.Where(pair => pair.Key != "cursor");
        var cursor = new KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues>("cursor", Write(position));
        return QueryHelpers.AddQueryString(request.Path, kept.Append(cursor));
    }

    private static AuditParameters Read(HttpRequest request, string[] known)
    {
        var parameters = new AuditParameters(new AuditFilter(), null, DefaultLimit, null);
        var errors = new Dictionary<string, string[]>();
        foreach (var (name, values) in request.Query)
        {
            var (read, problem) =
                values.Count != 1 ? (parameters, "may be given once")
                : known.Contains(name) ? parameters.With(name, values.ToString())
                : (parameters, $"is not a parameter of this request; it has {string.Join(", ", known)}");
            parameters = read;
            if (problem is not null)
            {
                errors[name.Length <= 64 ? name : name[..64]] = [problem];
            }
        }

        return errors.Count == 0 ? parameters : throw ScimError.Invalid(errors);
    }

    private (AuditParameters Read, string? Problem) With(string name, string value) =>
        name switch
        {
            TenantParameter => Guid.TryParseExact(value, "D", out var tenant)
                ? (this with { Filter = Filter with { Tenant = new TenantId(tenant) } }, null)
                : (this, "must be an id"),
            "from" => Time(value) is { } from
                ? (this with { Filter = Filter with { From = from } }, null)
                : (this, "must be a time such as 2030-01-31T12:00:00Z"),
            "to" => Time(value) is { } to
                ? (this with { Filter = Filter with { To = to } }, null)
                : (this, "must be a time such as 2030-01-31T12:00:00Z"),
            "limit" => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is > 0 and <= MaxLimit
                ? (this with { Limit = limit }, null)
                : (this, $"must be a whole number from 1 to {MaxLimit}"),
            "cursor" => Read(value) is { } position
                ? (this with { Before = position }, null)
                : (this, "is none that this list gave out"),
            "format" => value is "ndjson" or "csv"
                ? (this with { Format = value }, null)
                : (this, "must be ndjson or csv"),
            "outcome" when !Outcomes.Contains(value) => (this, $"must be one of {string.Join(", ", Outcomes)}"),
            _ when value.Length is 0 or > MaxText || value.Contains('\0', StringComparison.Ordinal) => (
                this,
                $"must have 1 to {MaxText} characters"
            ),
            "operation" => (this with { Filter = Filter with { Operation = value } }, null),
            "actor" => (this with { Filter = Filter with { Actor = value } }, null),
            "resourceId" => (this with { Filter = Filter with { ResourceId = value } }, null),
            "resourceType" => (this with { Filter = Filter with { ResourceType = value } }, null),
            "outcome" => (this with { Filter = Filter with { Outcome = value } }, null),
            _ => (this with { Filter = Filter with { RequestId = value } }, null),
        };

    private static DateTimeOffset? Time(string value) =>
        DateTimeOffset.TryParse(
            value,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time
        ) && time.Year is >= 1970 and < 9999
            ? time
            : null;

    private static string Write(AuditPosition position) =>
        WebEncoders.Base64UrlEncode(
            Encoding.ASCII.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{position.Time.UtcTicks}.{position.Sequence}")
            )
        );

    private static AuditPosition? Read(string cursor)
    {
        try
        {
            var parts = Encoding.ASCII.GetString(WebEncoders.Base64UrlDecode(cursor)).Split('.');
            return
                parts.Length == 2
                && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
                && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
                && ticks >= DateTime.UnixEpoch.Ticks
                && ticks <= DateTime.MaxValue.Ticks
                ? new AuditPosition(new DateTimeOffset(ticks, TimeSpan.Zero), sequence)
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
