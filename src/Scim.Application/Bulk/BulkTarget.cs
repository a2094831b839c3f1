using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Resources;

namespace Scim.Application.Bulk;

/// <summary>What an operation's method and path address, checked (RFC 7644 §3.7).</summary>
internal sealed record BulkTarget(string Method, string ResourceType, string? Id)
{
    public ResourceId ResourceId => ResourceId.Parse(ResourceType, Id);

    /// <exception cref="ScimException">400 for an unusable operation, 404 for a path to nothing, 409 for a bulkId that has no resource.</exception>
    public static BulkTarget Parse(BulkOperation operation, IReadOnlyDictionary<string, string> ids, bool isLink)
    {
        var method = operation.Method?.ToUpperInvariant();
        if (method is not ("POST" or "PUT" or "PATCH" or "DELETE"))
        {
            throw ScimError.InvalidSyntax("method must be POST, PUT, PATCH or DELETE (RFC 7644 §3.7).");
        }

        if (string.IsNullOrEmpty(operation.Path))
        {
            throw ScimError.InvalidSyntax(
                "path is missing; it is relative to the base URL, such as /Users (RFC 7644 §3.7)."
            );
        }

        var segments = BulkReferences
            .ResolvePath(operation.Path, ids)
            .Split('/', StringSplitOptions.RemoveEmptyEntries);
        var resourceType =
            ResourceTypeOf(operation) ?? throw ScimError.NotFound("The path", JsonText.Quote(operation.Path));
        var id = segments.Length > 1 ? segments[1] : null;
        if (method == "POST" && !isLink)
        {
            if (string.IsNullOrEmpty(operation.BulkId))
            {
                throw ScimError.InvalidSyntax("A POST in a bulk request needs a bulkId (RFC 7644 §3.7).");
            }

            if (id is not null)
            {
                throw ScimError.InvalidSyntax($"A POST goes to /{segments[0]}, not to a resource.");
            }
        }
        else if (id is null || segments.Length > 2)
        {
            throw ScimError.InvalidSyntax(
                $"{method} needs the path of one resource, such as /{segments[0]}/{{id}} (RFC 7644 §3.7)."
            );
        }

        if (method != "DELETE" && operation.Data.IsEmpty)
        {
            throw ScimError.InvalidSyntax($"{method} needs data (RFC 7644 §3.7).");
        }

        return new BulkTarget(method, resourceType, id);
    }

    /// <summary>The id in the path: what failed has a location too, unless it was to be made (RFC 7644 §3.7.3).</summary>
    public static string? IdOf(BulkOperation operation, IReadOnlyDictionary<string, string> ids) =>
        operation.Path is { } path
        && BulkReferences.ResolvePath(path, ids).Split('/', StringSplitOptions.RemoveEmptyEntries) is [_, var id]
        && Guid.TryParseExact(id, "D", out _)
            ? id
            : null;

    /// <summary>A POST of a user about which <see cref="Parse"/> has nothing to say.</summary>
    public static bool IsPlainCreationOfUser(BulkOperation operation) =>
        operation is { Version: null, Path: { } path, Data.IsEmpty: false }
        && !string.IsNullOrEmpty(operation.BulkId)
        && "POST".Equals(operation.Method, StringComparison.OrdinalIgnoreCase)
        && path.Trim('/').Equals("Users", StringComparison.OrdinalIgnoreCase);

    public static string? ResourceTypeOf(BulkOperation operation) =>
        operation.Path?.Split('/', StringSplitOptions.RemoveEmptyEntries) is [var first, ..]
            ? first.ToLowerInvariant() switch
            {
                "users" => "User",
                "groups" => "Group",
                _ => null,
            }
            : null;
}
