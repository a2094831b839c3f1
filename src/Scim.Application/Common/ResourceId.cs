using Scim.Domain.Errors;

namespace Scim.Application.Common;

/// <summary>The <c>id</c> of a resource: only its canonical lower-case form; any other text names nothing and is 404.</summary>
public readonly record struct ResourceId(Guid Value)
{
    /// <exception cref="ScimException">404.</exception>
    public static ResourceId Parse(string resourceType, string? text) =>
        Guid.TryParseExact(text, "D", out var id) && id.ToString("D").Equals(text, StringComparison.Ordinal)
            ? new ResourceId(id)
            : throw ScimError.NotFound(resourceType, text ?? "");

    public override string ToString() => Value.ToString("D");
}
