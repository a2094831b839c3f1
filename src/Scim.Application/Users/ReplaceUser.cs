using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Resources;

namespace Scim.Application.Users;

/// <summary>PUT /Users/{id} (RFC 7644 §3.5.1).</summary>
public sealed record ReplaceUser(ResourceId Id, ReadOnlyMemory<byte> Body, IfMatch? IfMatch) : ICommand<StoredResource>;

internal sealed class ReplaceUserValidator : AbstractValidator<ReplaceUser>
{
    public ReplaceUserValidator() => RuleFor(command => command.Body.Length).GreaterThan(0).WithName("body");
}

internal sealed class ReplaceUserHandler(
    IUserStore users,
    IPasswordHasher passwords,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<ReplaceUser, StoredResource>
{
    public Task<StoredResource> Handle(ReplaceUser command, CancellationToken cancellationToken) =>
        users.ChangeAsync(
            command.Id,
            command.IfMatch,
            "user.update",
            user =>
            {
                // By the schema of what it replaces: a new version may have come since the request began.
                var body = DocumentReader.ReadBody(command.Body.Span, user.Document.Schema, request.Deviations);
                user.Replace(body, passwords.Hash(body.Password), request.Deviations, clock.Now());
            },
            cancellationToken
        );
}
