using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Domain.Patching;

/// <summary>A resolved PATCH path (RFC 7644 §3.5.2, figure 7): an attribute path, perhaps with a filter on its elements.</summary>
public sealed record PatchPath(AttributePath Attribute, Filter? Element)
{
    private static readonly FilterLimits Limits = new();

    /// <summary>Resolves a path; null when it lies under a URN that the tenant does not register, which is tolerated.</summary>
    /// <exception cref="ScimException">400 invalidPath for a path that cannot be parsed or names an unknown attribute.</exception>
    public static PatchPath? Resolve(ResourceSchema schema, string path, DeviationLog deviations)
    {
        var open = path.IndexOf('[', StringComparison.Ordinal);
        if (open < 0)
        {
            return ResolveAttribute(schema, path, deviations) is { } plain ? new PatchPath(plain, null) : null;
        }

        var close = path.LastIndexOf(']');
        var after = close < open ? "" : path[(close + 1)..];
        if (close < open || (after.Length > 0 && after[0] != '.') || after == ".")
        {
            throw ScimError.InvalidPath(
                $"The path {JsonText.Quote(path)} is not closed properly (RFC 7644 §3.5.2, figure 7)."
            );
        }

        if (ResolveAttribute(schema, path[..open], deviations) is not { } attribute)
        {
            return null;
        }

        if (
            attribute.Sub is not null
            || attribute.Attribute is { IsExtension: true } or { Type: not AttributeType.Complex, MultiValued: false }
        )
        {
            throw ScimError.InvalidPath(
                $"{attribute.Target.Path} takes no filter: it has no elements (RFC 7644 §3.5.2)."
            );
        }

        Filter element;
        try
        {
            var definition =
                attribute.Attribute.Type == AttributeType.Complex
                    ? attribute.Attribute
                    : attribute.Attribute.AsElement();
            element = FilterParser.ParseElement(path[(open + 1)..close], definition, deviations, Limits);
        }
        catch (ScimException exception)
        {
            throw ScimError.InvalidPath($"The filter in the path is not valid: {exception.Error.Detail}");
        }

        if (after.Length > 1)
        {
            var sub =
                attribute.Attribute.Attributes.Find(after.AsSpan(1))
                ?? throw ScimError.InvalidPath(
                    $"{attribute.Attribute.Path} has no sub-attribute {JsonText.Quote(after[1..])}."
                );
            attribute = attribute with { Sub = sub };
        }

        return new PatchPath(attribute, element);
    }

    private static AttributePath? ResolveAttribute(ResourceSchema schema, string path, DeviationLog deviations)
    {
        if (AttributePath.Resolve(schema, path, out var bare) is { } found)
        {
            return !bare || deviations.Tolerates(Deviation.BareExtensionAttribute)
                ? found
                : throw Unknown(schema, path);
        }

        if (
            path.Equals("managerId", StringComparison.OrdinalIgnoreCase)
            && deviations.Tolerates(Deviation.BareReference)
            && AttributePath.Resolve(schema, "manager", out _) is { } manager
        )
        {
            return manager;
        }

        var isForeignUrn =
            path.StartsWith("urn:", StringComparison.OrdinalIgnoreCase) && !schema.TrySplitUrn(path, out _, out _)
            || path.StartsWith("http", StringComparison.OrdinalIgnoreCase)
                && path.Contains("://", StringComparison.Ordinal);
        return isForeignUrn && deviations.Tolerates(Deviation.UnknownAttribute) ? null : throw Unknown(schema, path);
    }

    private static ScimException Unknown(ResourceSchema schema, string path) =>
        ScimError.InvalidPath($"{schema.Name} has no attribute {JsonText.Quote(path)} (RFC 7644 §3.5.2).");
}
