using System.Text.RegularExpressions;
using FluentValidation;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>What an operator says of a tenant; null says nothing.</summary>
/// <param name="Plan">The name of a plan.</param>
/// <param name="Limits">In the place of the plan's.</param>
/// <param name="TimeZone">Of the IANA database.</param>
/// <param name="Contacts">E-mail addresses.</param>
public abstract record TenantValues(
    string? Name,
    string? Plan,
    TenantLimits? Limits,
    string? TimeZone,
    IReadOnlyList<string?>? Contacts,
    Guid? WorkspaceId
)
{
    internal static ScimException UnknownPlan() =>
        ScimError.Invalid(
            new Dictionary<string, string[]> { ["plan"] = ["names no plan; GET /admin/v1/plans lists them"] }
        );

    internal static ScimException UnknownWorkspace() =>
        ScimError.Invalid(new Dictionary<string, string[]> { ["workspaceId"] = ["must name a workspace that exists"] });

    /// <summary>The tenant with what is said of it, but for plan and workspace, which must be known first.</summary>
    internal Tenant ApplyTo(Tenant tenant) =>
        tenant with
        {
            Name = string.IsNullOrWhiteSpace(Name) ? tenant.Name : Name.Trim(),
            OwnLimits = Limits ?? tenant.OwnLimits,
            TimeZone = TimeZone ?? tenant.TimeZone,
            Contacts = Contacts is null ? tenant.Contacts : [.. Contacts.OfType<string>().Distinct()],
        };
}

internal sealed partial class TenantValuesValidator : AbstractValidator<TenantValues>
{
    private const int MaxContacts = 20;
    private const int MaxContactLength = 254;

    public TenantValuesValidator()
    {
        RuleFor(x => x.Name).MaximumLength(Tenant.MaxNameLength);
        RuleFor(x => x.Limits)
            .Must(limits => limits is null or { Users: null or >= 0, Clients: null or >= 0 })
            .WithMessage("are not negative; null stands for the plan's");
        RuleFor(x => x.TimeZone)
            .Must(zone => zone is null || IsTimeZone(zone))
            .WithMessage("must be a time zone of the IANA database, such as Europe/Berlin");
        RuleFor(x => x.Contacts)
            .Must(contacts => contacts is null || contacts.Count <= MaxContacts && contacts.All(IsEmail))
            .WithMessage($"are at most {MaxContacts} e-mail addresses");
    }

    internal static bool IsEmail(string? text) => text?.Length <= MaxContactLength && Emails().IsMatch(text);

    // The name becomes a path of the system's time zone files: it is looked at first.
    private static bool IsTimeZone(string name) =>
        TimeZones().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId;

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,2}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TimeZones();

    [GeneratedRegex(@"^[^@\s\p{C}<>""(),;:\\]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Emails();
}
