namespace Scim.Domain.Tenants;

/// <summary>The organisation that owns tenants: a software vendor, or an enterprise.</summary>
/// <param name="Tenants">How many it owns.</param>
public sealed record Workspace(
    Guid Id,
    string Slug,
    string Name,
    long Version,
    DateTimeOffset CreatedAt,
    long Tenants = 0
)
{
    /// <summary>Owns the tenants of which nobody says whose they are.</summary>
    public const string Default = "default";
}
