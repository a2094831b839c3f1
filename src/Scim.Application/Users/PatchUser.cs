using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Patching;
using Scim.Domain.Resources;

namespace Scim.Application.Users;

/// <summary>PATCH /Users/{id} (RFC 7644 §3.5.2).</summary>
public sealed record PatchUser(ResourceId Id, ReadOnlyMemory<byte> Body, IfMatch? IfMatch) : ICommand<StoredResource>;

internal sealed class PatchUserValidator : AbstractValidator<PatchUser>
{
    public PatchUserValidator() => RuleFor(command => command.Body.Length).GreaterThan(0).WithName("body");
}

internal sealed class PatchUserHandler(
    IUserStore users,
    IPasswordHasher passwords,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<PatchUser, StoredResource>
{
    public async Task<StoredResource> Handle(PatchUser command, CancellationToken cancellationToken)
    {
        var patch = PatchRequest.Read(command.Body, request.Deviations);
        return await users.ChangeAsync(
            command.Id,
            command.IfMatch,
            "user.update",
            user =>
            {
                var outcome = Patcher.Apply(user.Document, patch, request.Deviations);
                user.Patch(outcome, passwords.Hash(outcome.Password), clock.Now());
            },
            cancellationToken
        );
    }
}
