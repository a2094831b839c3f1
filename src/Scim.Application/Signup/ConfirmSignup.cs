using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Application.Tenants;
using Scim.Application.Workspaces;
using Scim.Domain.Errors;
using Scim.Domain.Operators;
using Scim.Domain.Tenants;

namespace Scim.Application.Signup;

/// <summary>The proof: it makes workspace, tenant and operator, all or none.</summary>
/// <param name="Slug">Another one, where the first is taken.</param>
public sealed record ConfirmSignup(string? Token, string? Password, string? Slug = null) : ICommand<SignedUp>
{
    public override string ToString() => nameof(ConfirmSignup);
}

public sealed record SignedUp(Workspace Workspace, Tenant Tenant, OperatorAccount Operator);

internal sealed class ConfirmSignupValidator : AbstractValidator<ConfirmSignup>
{
    private const int MaxTokenLength = 64;

    public ConfirmSignupValidator()
    {
        RuleFor(x => x.Token).NotEmpty().MaximumLength(MaxTokenLength);
        RuleFor(x => x.Password)
            .NotEmpty()
            .Custom(
                (password, context) =>
                {
                    if (password is not null && PasswordRules.Violation(password, "") is { } reason)
                    {
                        context.AddFailure(reason);
                    }
                }
            );
        RuleFor(x => x.Slug)
            .Must(slug => slug is null || Tenant.IsSlug(slug))
            .WithMessage("is 2 to 63 lower-case letters, digits and hyphens, and does not start with a hyphen");
    }
}

internal sealed class ConfirmSignupHandler(
    ISignupStore signups,
    IMediator mediator,
    SignupPolicy policy,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<ConfirmSignup, SignedUp>
{
    public async Task<SignedUp> Handle(ConfirmSignup command, CancellationToken cancellationToken)
    {
        policy.RequireEnabled();
        var tokenHash = OpaqueToken.Hash(command.Token!);
        var signup = await signups.FindAsync(tokenHash, clock.Now(), cancellationToken) ?? throw Spent();
        request.ActAs($"signup:{signup.Id:D}", tenant: null);
        var slug = command.Slug ?? signup.Slug;
        var made = (SignedUp?)null;
        var spent = await signups.SpendAsync(
            tokenHash,
            async () =>
            {
                var workspace = await mediator.Send(new CreateWorkspace(slug, signup.Name), cancellationToken);
                var tenant = await mediator.Send(
                    new CreateTenant(slug, signup.Name, "trial", Contacts: [signup.Email], WorkspaceId: workspace.Id),
                    cancellationToken
                );
                var values = new NewOperator(
                    signup.Email,
                    command.Password,
                    [OperatorRole.TenantAdmin.Name],
                    TenantIds: null,
                    State: null,
                    [workspace.Id]
                );
                made = new SignedUp(
                    workspace,
                    tenant,
                    await mediator.Send(new CreateOperator(values), cancellationToken)
                );
            },
            cancellationToken
        );
        return spent ? made! : throw Spent();
    }

    private static ScimException Spent() =>
        ScimError.Refused(
            401,
            "invalid-credentials",
            "The token is not right, was used, or is older than 24 hours; sign up again for another."
        );
}
