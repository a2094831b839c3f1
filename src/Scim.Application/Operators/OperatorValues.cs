using FluentValidation;
using Scim.Domain.Operators;
using Scim.Domain.Text;

namespace Scim.Application.Operators;

/// <summary>What an administrator says of an operator.</summary>
/// <param name="TenantIds">Null for the whole installation, or what the workspaces own.</param>
/// <param name="State"><c>active</c>, the default, or <c>disabled</c>.</param>
/// <param name="WorkspaceIds">The workspaces whose tenants the operator reaches beside these, now and later.</param>
public record OperatorValues(
    string? UserName,
    string? Password,
    IReadOnlyList<string?>? Roles,
    IReadOnlyList<Guid>? TenantIds,
    string? State,
    IReadOnlyList<Guid>? WorkspaceIds = null
)
{
    public const int MaxNameLength = 100;
    public const string Active = "active";
    public const string Disabled = "disabled";

    public bool IsActive => State != Disabled;

    public IReadOnlyList<string> RoleNames => [.. Roles!.OfType<string>().Distinct().Order(StringComparer.Ordinal)];

    public IReadOnlyList<Guid>? Tenants =>
        TenantIds is null && WorkspaceIds is null ? null : [.. (TenantIds ?? []).Distinct().Order()];

    public IReadOnlyList<Guid> Workspaces => [.. (WorkspaceIds ?? []).Distinct().Order()];

    /// <summary>The form in which user names are compared.</summary>
    public static string KeyOf(string userName) => Folding.Fold(userName);

    public override string ToString() => nameof(OperatorValues);
}

public sealed record NewOperator(
    string? UserName,
    string? Password,
    IReadOnlyList<string?>? Roles,
    IReadOnlyList<Guid>? TenantIds,
    string? State,
    IReadOnlyList<Guid>? WorkspaceIds = null
) : OperatorValues(UserName, Password, Roles, TenantIds, State, WorkspaceIds)
{
    public override string ToString() => nameof(NewOperator);
}

internal sealed class NewOperatorValidator : AbstractValidator<NewOperator>
{
    public NewOperatorValidator()
    {
        Include(new OperatorValuesValidator());
        RuleFor(x => x.Password).NotEmpty();
    }
}

internal sealed class OperatorValuesValidator : AbstractValidator<OperatorValues>
{
    private const int MaxTenants = 1000;

    private static readonly string Roles = string.Join(", ", OperatorRole.All.Select(role => role.Name));

    public OperatorValuesValidator()
    {
        RuleFor(x => x.UserName)
            .NotEmpty()
            .MaximumLength(OperatorValues.MaxNameLength)
            .Matches(@"^[\p{L}\p{N}._@+-]*\z")
            .WithMessage("may hold letters, digits and . _ @ + - only");
        RuleFor(x => x.Password)
            .Custom(
                (password, context) =>
                {
                    var userName = context.InstanceToValidate.UserName ?? "";
                    if (password is not null && PasswordRules.Violation(password, userName) is { } reason)
                    {
                        context.AddFailure(reason);
                    }
                }
            );
        RuleFor(x => x.Roles)
            .NotEmpty()
            .Must(roles => roles is null || roles.All(role => role is not null && OperatorRole.Find(role) is not null))
            .WithMessage($"may name {Roles}");
        RuleFor(x => x.Roles)
            .Must(roles => !Has(roles, OperatorRole.PlatformAdmin))
            .When(x => x.Tenants is not null)
            .WithMessage($"may not hold {OperatorRole.PlatformAdmin.Name} beside tenantIds or workspaceIds");
        RuleFor(x => x.Roles)
            .Must(roles => !Has(roles, OperatorRole.TenantAdmin))
            .When(x => x.Tenants is null)
            .WithMessage($"needs tenantIds or workspaceIds beside {OperatorRole.TenantAdmin.Name}");
        RuleFor(x => x.TenantIds)
            .Must(tenants => tenants is null || tenants.Count is > 0 and <= MaxTenants)
            .WithMessage($"holds 1 to {MaxTenants} tenants; leave it out for the whole installation");
        RuleFor(x => x.WorkspaceIds)
            .Must(workspaces => workspaces is null || workspaces.Count is > 0 and <= MaxTenants)
            .WithMessage($"holds 1 to {MaxTenants} workspaces");
        RuleFor(x => x.State)
            .Must(state => state is null or OperatorValues.Active or OperatorValues.Disabled)
            .WithMessage($"is {OperatorValues.Active} or {OperatorValues.Disabled}");
    }

    private static bool Has(IReadOnlyList<string?>? roles, OperatorRole role) => roles?.Contains(role.Name) == true;
}
