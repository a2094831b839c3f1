using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Schemas;
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
    ISchemaCatalog schemas,
    IPasswordHasher passwords,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<ReplaceUser, StoredResource>
{
    public async Task<StoredResource> Handle(ReplaceUser command, CancellationToken cancellationToken)
    {
        var schema = (await schemas.GetAsync(cancellationToken)).User;
        var body = DocumentReader.ReadBody(command.Body.Span, schema, request.Deviations);
        var hash = passwords.Hash(body.Password);
        return await users.ChangeAsync(
            command.Id,
            command.IfMatch,
            "user.replace",
            user => user.Replace(body, hash, request.Deviations, clock.Now()),
            cancellationToken
        );
    }
}
