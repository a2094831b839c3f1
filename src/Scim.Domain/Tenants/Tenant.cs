using System.Text.RegularExpressions;
using Scim.Domain.Errors;

namespace Scim.Domain.Tenants;

public enum TenantState
{
    Active,
    Suspended,

    /// <summary>Deleted: it can be restored until its purge begins.</summary>
    Deleting,

    /// <summary>Only its name in the journal is left.</summary>
    Purged,
}

/// <summary>One customer's directory. The slug is how operators name it; it never changes while the tenant lives.</summary>
public sealed partial record Tenant
{
    public const string SlugPattern = "^[a-z0-9][a-z0-9-]{1,62}$";
    public const int MaxNameLength = 200;
    public const string DefaultTimeZone = "UTC";

    // Whatever was under way when the tokens stopped working has ended by then, so a purge meets no writers.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(1);

    public required TenantId Id { get; init; }

    /// <summary>Who owns it.</summary>
    public required Guid WorkspaceId { get; init; }

    public required string Slug { get; init; }

    public required string Name { get; init; }

    public TenantState State { get; init; }

    /// <summary>The state that a restore gives back.</summary>
    public TenantState? StateBefore { get; init; }

    public required TenantPlan Plan { get; init; }

    public DateTimeOffset? TrialEndsAt { get; init; }

    /// <summary>What was agreed with this tenant, in the place of what its plan says.</summary>
    public TenantLimits OwnLimits { get; init; } = TenantLimits.None;

    public TenantLimits Limits => new(OwnLimits.Users ?? Plan.Limits.Users, OwnLimits.Clients ?? Plan.Limits.Clients);

    public TenantUsage Usage { get; init; } = new(0, 0);

    /// <summary>Of the IANA database.</summary>
    public string TimeZone { get; init; } = DefaultTimeZone;

    public IReadOnlyList<string> Contacts { get; init; } = [];

    public long Version { get; init; } = 1;

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }

    public DateTimeOffset? PurgeAfter { get; init; }

    /// <summary>From then on there is no way back.</summary>
    public DateTimeOffset? PurgingAt { get; init; }

    public DateTimeOffset? PurgedAt { get; init; }

    public static Tenant Create(string slug, string? name, TenantPlan plan, Guid workspace, DateTimeOffset now)
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
            : new Tenant
            {
                Id = new TenantId(Guid.CreateVersion7(now)),
                WorkspaceId = workspace,
                Slug = slug,
                Name = display,
                Plan = plan,
                TrialEndsAt = plan.TrialEnd(now),
                CreatedAt = now,
            };
    }

    public static bool IsSlug(string text) => Slugs().IsMatch(text);

    /// <exception cref="ScimException">409: what is deleted does not change until it is restored.</exception>
    public void RequireAlive()
    {
        if (State is TenantState.Deleting or TenantState.Purged)
        {
            throw ScimError.Conflict("The tenant is deleted; only one that is restored can be changed.");
        }
    }

    /// <summary>On another plan a trial begins, or ends.</summary>
    public Tenant On(TenantPlan plan, DateTimeOffset now) =>
        plan.Name == Plan.Name ? this : this with { Plan = plan, TrialEndsAt = plan.TrialEnd(now) };

    public Tenant Delete(DateTimeOffset now, TimeSpan grace)
    {
        RequireAlive();
        return this with
        {
            State = TenantState.Deleting,
            StateBefore = State,
            DeletedAt = now,
            PurgeAfter = now + (grace > Settling ? grace : Settling),
            Version = Version + 1,
        };
    }

    /// <summary>Ends the days of grace of a deleted tenant.</summary>
    public Tenant PurgeNow(DateTimeOffset now)
    {
        if (State != TenantState.Deleting || PurgingAt is not null)
        {
            throw ScimError.Conflict("Only a deleted tenant can be purged, and only once: delete it first.");
        }

        var settled = DeletedAt!.Value + Settling;
        return this with { PurgeAfter = now > settled ? now : settled, Version = Version + 1 };
    }

    public Tenant Restore()
    {
        if (State != TenantState.Deleting || PurgingAt is not null)
        {
            throw ScimError.Conflict("Only a deleted tenant whose purge has not begun can be restored.");
        }

        return this with
        {
            State = StateBefore ?? TenantState.Active,
            StateBefore = null,
            DeletedAt = null,
            PurgeAfter = null,
            Version = Version + 1,
        };
    }

    // \z, not $: a trailing line feed is not part of a slug.
    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{1,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Slugs();
}
