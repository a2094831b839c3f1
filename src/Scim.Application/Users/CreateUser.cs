using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Domain.Resources;
using Scim.Domain.Users;

namespace Scim.Application.Users;

/// <summary>POST /Users (RFC 7644 §3.3); the body is the client's JSON.</summary>
public sealed record CreateUser(ReadOnlyMemory<byte> Body) : ICommand<StoredResource>;

internal sealed class CreateUserValidator : AbstractValidator<CreateUser>
{
    public CreateUserValidator() => RuleFor(command => command.Body.Length).GreaterThan(0).WithName("body");
}

internal sealed class CreateUserHandler(
    IUserStore users,
    ISchemaCatalog schemas,
    IPasswordHasher passwords,
    IOnboardingRecorder onboarding,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<CreateUser, StoredResource>
{
    public async Task<StoredResource> Handle(CreateUser command, CancellationToken cancellationToken)
    {
        var schema = (await schemas.GetAsync(cancellationToken)).User;
        var body = DocumentReader.ReadBody(command.Body.Span, schema, request.Deviations);
        var user = User.Create(body, passwords.Hash(body.Password), request.Deviations, clock.Now());
        var stored = await users.AddAsync(user, cancellationToken);
        if (request.Caller is { } caller)
        {
            onboarding.Record(caller.TenantId, caller.ClientId, OnboardingStep.FirstUser);
        }

        return stored;
    }
}
