using System.Text.RegularExpressions;
using Scim.Domain.Errors;

namespace Scim.Domain.Tenants;

public enum TenantState
{
    Active,
    Suspended,
    Deleting,
}

public enum TenantPlan
{
    Trial,
    Standard,
    Unlimited,
}

/// <summary>One customer's directory. The slug is how operators name it; it never changes.</summary>
public sealed partial class Tenant
{
    public const string SlugPattern = "^[a-z0-9][a-z0-9-]{1,62}$";
    public const int MaxNameLength = 200;

    private Tenant(
        TenantId id,
        string slug,
        string name,
        TenantState state,
        TenantPlan plan,
        DateTimeOffset createdAt
    ) => (Id, Slug, Name, State, Plan, CreatedAt) = (id, slug, name, state, plan, createdAt);

    public TenantId Id { get; }

    public string Slug { get; }

    public string Name { get; }

    public TenantState State { get; }

    public TenantPlan Plan { get; }

    public DateTimeOffset CreatedAt { get; }

    public static Tenant Create(string slug, string? name, TenantPlan plan, DateTimeOffset now)
    {
        if (!IsSlug(slug))
        {
            throw ScimError.InvalidValue(
                "A tenant's slug is 2 to 63 lower-case letters, digits and hyphens, and does not start with a hyphen."
            );
        }

        var display = string.IsNullOrWhiteSpace(name) ? slug : name.Trim();
        return display.Length > MaxNameLength
            ? throw ScimError.InvalidValue($"A tenant's name has at most {MaxNameLength} characters.")
            : new Tenant(new TenantId(Guid.CreateVersion7(now)), slug, display, TenantState.Active, plan, now);
    }

    /// <summary>As it was stored; nothing is checked again.</summary>
    public static Tenant Restore(
        TenantId id,
        string slug,
        string name,
        TenantState state,
        TenantPlan plan,
        DateTimeOffset createdAt
    ) => new(id, slug, name, state, plan, createdAt);

    public static bool IsSlug(string text) => Slugs().IsMatch(text);

    // \z, not $: a trailing line feed is not part of a slug.
    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{1,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Slugs();
}
