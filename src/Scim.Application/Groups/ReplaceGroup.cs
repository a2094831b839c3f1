using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Groups;
using Scim.Domain.Resources;

namespace Scim.Application.Groups;

/// <summary>PUT /Groups/{id}: attributes and members become exactly what the body holds.</summary>
public sealed record ReplaceGroup(ResourceId Id, ReadOnlyMemory<byte> Body, IfMatch? IfMatch) : ICommand<Unit>;

internal sealed class ReplaceGroupValidator : AbstractValidator<ReplaceGroup>
{
    public ReplaceGroupValidator() => RuleFor(command => command.Body.Length).GreaterThan(0).WithName("body");
}

internal sealed class ReplaceGroupHandler(IGroupStore groups, RequestContext request, TimeProvider clock)
    : IRequestHandler<ReplaceGroup, Unit>
{
    public async Task<Unit> Handle(ReplaceGroup command, CancellationToken cancellationToken)
    {
        await groups.ChangeAsync(
            command.Id,
            command.IfMatch,
            "group.update",
            group =>
            {
                // By the schema of what it replaces, as for users.
                var body = DocumentReader.ReadBody(command.Body.Span, group.Document.Schema, request.Deviations);
                group.Replace(body, request.Deviations, clock.Now());
                return MembershipChange.Exactly(body.Members ?? []);
            },
            cancellationToken
        );
        return Unit.Value;
    }
}
