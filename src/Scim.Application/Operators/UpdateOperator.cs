using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Application.Operators;

/// <summary>Replaces what is said of an operator; the password stays when none is given.</summary>
public sealed record UpdateOperator(Guid Id, OperatorValues Values, IfMatch? IfMatch) : ICommand<OperatorAccount>;

internal sealed class UpdateOperatorValidator : AbstractValidator<UpdateOperator>
{
    public UpdateOperatorValidator() => RuleFor(x => x.Values).SetValidator(new OperatorValuesValidator());
}

internal sealed class UpdateOperatorHandler(
    IOperatorStore operators,
    IPasswordHasher passwords,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<UpdateOperator, OperatorAccount>
{
    private const int Attempts = 4;

    public async Task<OperatorAccount> Handle(UpdateOperator command, CancellationToken cancellationToken)
    {
        var values = command.Values;
        var hash = passwords.Hash(values.Password);
        for (var attempt = 1; ; attempt++)
        {
            var before =
                await operators.FindAsync(command.Id, request.Admin, cancellationToken)
                ?? throw ScimError.NotFound("Operator", command.Id.ToString("D"));
            if (command.IfMatch?.Accepts(before.Version) == false)
            {
                throw ScimError.VersionMismatch(before.Version);
            }

            var after = before with
            {
                UserName = values.UserName!,
                PasswordHash = hash ?? before.PasswordHash,
                Roles = values.RoleNames,
                TenantIds = values.Tenants,
                WorkspaceIds = values.Workspaces,
                IsActive = values.IsActive,
                Version = before.Version + 1,
            };
            Check(before, after, hash is not null);
            // Who is disabled or has another password signs in again; other changes hold from the next request on.
            var endsSessions = !after.IsActive || hash is not null;
            if (await operators.UpdateAsync(before, after, endsSessions, clock.Now(), cancellationToken))
            {
                return after;
            }

            if (attempt == Attempts)
            {
                throw ScimError.Unavailable("Too many changed the operator at once; try again.");
            }
        }
    }

    private void Check(OperatorAccount before, OperatorAccount after, bool newPassword)
    {
        Grants.RequireRank(request.Admin, before);
        Grants.RequireGrantable(request.Admin, after.Roles, after.TenantIds, after.WorkspaceIds);
        var sameReach =
            (before.TenantIds ?? []).SequenceEqual(after.TenantIds ?? [])
            && before.WorkspaceIds.SequenceEqual(after.WorkspaceIds);
        var sameKind = before.TenantIds is null == after.TenantIds is null;
        if (newPassword || !sameReach || !sameKind || !before.Roles.SequenceEqual(after.Roles))
        {
            SteppedUp.Require(request, clock);
        }
    }
}
