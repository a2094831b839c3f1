using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>Changes what is named; what is not stays. Effective on every replica within a second.</summary>
public sealed record UpdateTenant(TenantId Id, ChangedTenant Values, IfMatch? IfMatch) : ICommand<Tenant>;

/// <param name="State"><c>active</c> or <c>suspended</c>.</param>
public sealed record ChangedTenant(
    string? Name,
    string? State,
    string? Plan,
    TenantLimits? Limits,
    string? TimeZone,
    IReadOnlyList<string?>? Contacts,
    Guid? WorkspaceId
) : TenantValues(Name, Plan, Limits, TimeZone, Contacts, WorkspaceId);

internal sealed class ChangedTenantValidator : AbstractValidator<ChangedTenant>
{
    public ChangedTenantValidator()
    {
        Include(new TenantValuesValidator());
        RuleFor(x => x.State)
            .Must(state => state is null or "active" or "suspended")
            .WithMessage("is active or suspended; a tenant is deleted by DELETE");
    }
}

internal sealed class UpdateTenantValidator : AbstractValidator<UpdateTenant>
{
    public UpdateTenantValidator() => RuleFor(x => x.Values).SetValidator(new ChangedTenantValidator());
}

internal sealed class UpdateTenantHandler(ITenantStore tenants, TenantEdit edit, TimeProvider clock)
    : IRequestHandler<UpdateTenant, Tenant>
{
    public async Task<Tenant> Handle(UpdateTenant command, CancellationToken cancellationToken)
    {
        var values = command.Values;
        var plan = values.Plan is { } name
            ? await tenants.FindPlanAsync(name, cancellationToken) ?? throw TenantValues.UnknownPlan()
            : null;
        var workspace = values.WorkspaceId is { } id
            ? await tenants.FindWorkspaceAsync(id, cancellationToken) ?? throw TenantValues.UnknownWorkspace()
            : (Guid?)null;
        return await edit.RunAsync(
            command.Id,
            command.IfMatch,
            "tenant.update",
            before =>
            {
                before.RequireAlive();
                return values.ApplyTo(before).On(plan ?? before.Plan, clock.Now()) with
                {
                    State = values.State switch
                    {
                        "active" => TenantState.Active,
                        "suspended" => TenantState.Suspended,
                        _ => before.State,
                    },
                    WorkspaceId = workspace ?? before.WorkspaceId,
                    Version = before.Version + 1,
                };
            },
            cancellationToken
        );
    }
}

/// <summary>A change of a tenant that the caller may see, computed from what it is and repeated when somebody else was faster.</summary>
internal sealed class TenantEdit(ITenantStore tenants, RequestContext request, TimeProvider clock)
{
    private const int Attempts = 4;

    public async Task<Tenant> RunAsync(
        TenantId id,
        IfMatch? ifMatch,
        string operation,
        Func<Tenant, Tenant> change,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            var before =
                await tenants.FindAsync(id, request.Admin, cancellationToken)
                ?? throw ScimError.NotFound("Tenant", id.ToString());
            if (ifMatch?.Accepts(before.Version) == false)
            {
                throw ScimError.VersionMismatch(before.Version);
            }

            var after = change(before);
            if (await tenants.SaveAsync(before, after, operation, clock.Now(), cancellationToken))
            {
                return after;
            }

            if (attempt == Attempts)
            {
                throw ScimError.Unavailable("Too many changed the tenant at once; try again.");
            }
        }
    }
}
